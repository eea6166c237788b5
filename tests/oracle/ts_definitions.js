// What the TypeScript language service says of every name in a list of files: where it is defined.
// Reads {root, files} from standard input; writes [file, line, column, name, decided, [[file, line], …]] rows.
// Lines are from 1, columns from 0 in UTF-8 bytes. `decided` says what decides the name: "declaration" (it is one),
// "scope", "import", "class" (a member of this, super, a class, an enum or a namespace), or "type" (anything else).
"use strict";
const ts = require(process.argv[1]), fs = require("fs"), path = require("path");
const { root, files } = JSON.parse(fs.readFileSync(0, "utf8"));
const full = files.map((name) => path.join(root, name)), inside = new Map(full.map((name, at) => [name, files[at]]));
let options = {
  allowJs: true, checkJs: false, jsx: ts.JsxEmit.Preserve, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler, allowImportingTsExtensions: true, noEmit: true, types: [],
  maxNodeModuleJsDepth: 0, experimentalDecorators: true,
};
const config = ts.findConfigFile(root, ts.sys.fileExists, "tsconfig.json");
if (config && config.startsWith(root)) {
  const read = ts.readConfigFile(config, ts.sys.readFile);
  const { paths, baseUrl, rootDirs } = ts.parseJsonConfigFileContent(read.config || {}, ts.sys, path.dirname(config)).options;
  options = { ...options, ...(paths && { paths, pathsBasePath: path.dirname(config) }), ...(baseUrl && { baseUrl }), ...(rootDirs && { rootDirs }) };
}
const service = ts.createLanguageService({
  getScriptFileNames: () => full, getScriptVersion: () => "1", getCurrentDirectory: () => root,
  getScriptSnapshot: (name) => ts.sys.fileExists(name) ? ts.ScriptSnapshot.fromString(ts.sys.readFile(name)) : undefined,
  getCompilationSettings: () => options, getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
  fileExists: ts.sys.fileExists, readFile: ts.sys.readFile, readDirectory: ts.sys.readDirectory,
  directoryExists: ts.sys.directoryExists, getDirectories: ts.sys.getDirectories,
});
const program = service.getProgram(), checker = program.getTypeChecker();
const HOLDERS = ts.SymbolFlags.Class | ts.SymbolFlags.Enum | ts.SymbolFlags.Module;

function decided(node, symbol) {
  const parent = node.parent;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent)) return "import";
  if (parent.name === node && ts.isDeclarationStatement(parent) || (ts.isVariableDeclaration(parent) || ts.isParameter(parent) ||
      ts.isFunctionLike(parent) || ts.isClassLike(parent) || ts.isEnumMember(parent) || ts.isTypeParameterDeclaration(parent) ||
      ts.isPropertyDeclaration(parent) || ts.isPropertySignature(parent) || ts.isPropertyAssignment(parent)) && parent.name === node) return "declaration";
  if (ts.isBindingElement(parent)) return parent.propertyName === node ? "type" : parent.name === node ? "declaration" : "scope";
  const around = ts.isPropertyAccessExpression(parent) && parent.name === node ? parent.expression
    : ts.isQualifiedName(parent) && parent.right === node ? parent.left : undefined;
  if (around) {
    if (around.kind === ts.SyntaxKind.ThisKeyword || around.kind === ts.SyntaxKind.SuperKeyword) return "class";
    let held = checker.getSymbolAtLocation(around);
    if (held && held.flags & ts.SymbolFlags.Alias) held = checker.getAliasedSymbol(held);
    return held && held.flags & HOLDERS ? "class" : "type";
  }
  if (ts.isJsxAttribute(parent) || ts.isJsxNamespacedName(parent)) return "type";
  return symbol && symbol.flags & ts.SymbolFlags.Alias ? "import" : "scope";
}

const rows = [];
for (const name of full) {
  const source = program.getSourceFile(name);
  if (!source) continue;
  const starts = source.getLineStarts(), text = source.text;
  const visit = (node) => {
    if ((ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) && node.getWidth(source)) {
      const at = node.getStart(source), found = service.getDefinitionAtPosition(name, at) || [];
      const defined = found.filter((one) => inside.has(one.fileName)).map((one) => {
        const file = program.getSourceFile(one.fileName);
        // A module begins with its file, not with its first token.
        const whole = one.kind === ts.ScriptElementKind.moduleElement && one.textSpan.start === file.getStart();
        return [inside.get(one.fileName), file.getLineAndCharacterOfPosition(whole ? 0 : one.textSpan.start).line + 1];
      });
      if (defined.length) {
        const { line } = source.getLineAndCharacterOfPosition(at);
        const column = Buffer.byteLength(text.slice(starts[line], at));
        rows.push([inside.get(name), line + 1, column, node.text, decided(node, checker.getSymbolAtLocation(node)), defined]);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}
process.stdout.write(JSON.stringify(rows));
