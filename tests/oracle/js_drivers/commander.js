// Exercises the npm package `commander`.
"use strict";
const { Command, Option, Argument, Help, CommanderError, InvalidArgumentError, createCommand, createOption, createArgument, program } =
  require(require("path").join(process.argv[2], "index.js"));

function build() {
  const root = new Command("tool").exitOverride().version("1.0.0", "-V, --ver", "the version").description("a tool");
  root.configureOutput({ writeOut() {}, writeErr() {}, outputError: (text, write) => write(text) });
  root.option("-d, --debug", "debug").option("-n, --number <n>", "a number", parseFloat, 1).option("--no-color", "none");
  root.option("-l, --list <items...>", "several").requiredOption("-r, --required <x>", "needed", "given");
  root.addOption(new Option("-c, --choice <c>", "of these").choices(["a", "b"]).default("a", "first").env("TRACED_CHOICE"));
  root.addOption(createOption("--secret", "hidden").hideHelp().conflicts("debug"));
  root.addOption(new Option("--port <p>", "port").argParser((value) => { if (value === "x") throw new InvalidArgumentError("no"); return Number(value); }));
  root.addOption(new Option("--free [v]", "preset").preset("p").implies({ debug: true }));
  root.hook("preAction", () => {}).hook("postAction", async () => {}).hook("preSubcommand", () => {});
  const serve = root.command("serve <dir> [more...]").alias("s").summary("short").description("serve it").action(() => {});
  serve.option("-p, --port <p>", "port").addHelpText("after", "more").addHelpText("beforeAll", () => "all");
  root.command("add").argument("<x>", "first", parseInt).argument("[y]", "second", "z").action(async () => {});
  root.command("nested").addCommand(createCommand("inner").argument("[a...]").action(() => {}).exitOverride());
  root.addCommand(new Command("hidden").exitOverride(), { hidden: true });
  root.command("fail").action(function () { this.error("failed", { code: "x" }); });
  root.command("args").addArgument(new Argument("<a>", "one").choices(["x", "y"])).addArgument(createArgument("[b]").default(1).argOptional()).action(() => {});
  root.on("option:debug", () => {});
  root.showSuggestionAfterError().showHelpAfterError("(help)").allowExcessArguments(false).enablePositionalOptions();
  return root;
}
const lines = [
  ["serve", "here", "a", "b"], ["s", "x", "-p", "2"], ["-d", "add", "1"], ["--number=3", "add", "2", "q"], ["--list", "a", "b", "--", "add", "1"],
  ["-c", "zz", "add", "1"], ["--port", "x", "add", "1"], ["--secret", "-d", "add", "1"], ["--free", "add", "1"], ["--ver"], ["--help"], ["help", "serve"],
  ["serve"], ["serv"], ["--nope", "add", "1"], ["nested", "inner", "a"], ["nested", "--help"], ["fail"], ["args", "x"], ["args", "q"], ["add", "1", "2", "3"],
  ["--number"], ["help"], [], ["nested"], ["--no-color", "-dn", "4", "add", "5"], ["hidden"],
];
async function main() {
  for (const line of lines) {
    for (const method of ["parse", "parseAsync"]) {
      try { await build()[method](line, { from: "user" }); } catch (error) { if (!(error instanceof CommanderError)) throw error; }
    }
  }
  const root = build();
  root.helpInformation(); root.usage("x"); root.usage(); root.name("n"); root.opts(); root.optsWithGlobals(); root.getOptionValueSource("number");
  root.setOptionValueWithSource("x", 1, "config"); root.setOptionValue("y", 2); root.getOptionValue("x"); createCommand("kept").storeOptionsAsProperties().option("-a").parse(["-a"], { from: "user" });
  root.helpOption("-h, --hilfe", "hilfe").helpCommand("hilfe [cmd]", "zeigt"); root.helpInformation(); root.outputHelp(); root.copyInheritedSettings(program);
  root.configureHelp({ sortSubcommands: true, sortOptions: true, showGlobalOptions: true, subcommandTerm: (one) => one.name() }); root.helpInformation();
  const help = new Help();
  help.visibleCommands(root); help.visibleOptions(root); help.visibleArguments(root.commands[0]); help.longestSubcommandTermLength(root, help);
  help.formatHelp(root.commands[0], help); help.wrap("a long text ".repeat(30), 40, 4); help.commandUsage(root.commands[0]);
  program.createHelp(); program.createOption("-x"); program.createArgument("<y>"); program.createCommand("z"); root.executableDir(__dirname);
  root.executableDir(); root.nameFromFilename("/a/b.js"); root.combineFlagAndOptionalValue(); root.allowUnknownOption(); root.passThroughOptions(false);
}
main();
