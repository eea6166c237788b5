// Writes down the calls that JavaScript makes: preloaded (`node -r traced_js.js …`, also by NODE_OPTIONS) it traces, run as
// a program it puts names of places in the place of lines and columns. `traced_js.py` does both.
// TRACED_ROOT is the folder whose calls count, TRACED_COMPILER the npm package `typescript`, TRACED_OUT a folder, where
// each process leaves a file of rows [caller's file, line, column, callee's file, number]; a caller of null is none of ours.
// Each function of the folder, of CommonJS and ES modules, gets a first statement that looks at the stack: the nearest
// frame of the folder is the caller, frames of Node.js, of the engine and of packages between them are passed over. A
// generator looks where it is called, in a last parameter, not where its first item is asked for. Nothing on disk changes.
"use strict";
const Module = require("module"), fs = require("fs"), path = require("path"), url = require("url"), workers = require("worker_threads");
const ts = require(process.env.TRACED_COMPILER), root = process.env.TRACED_ROOT + path.sep;

/** The code of a file with its functions instrumented; the functions, and what was inserted where. */
function transformed(text, file) {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.JS);
  const inserts = [], own = [], name = JSON.stringify(file);
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body) {
      const exported = (node.modifiers || []).filter((one) => one.kind === ts.SyntaxKind.ExportKeyword || one.kind === ts.SyntaxKind.DefaultKeyword);
      const after = exported.length ? exported[exported.length - 1].end : undefined;
      const start = after === undefined ? node.getStart(tree) : after + text.slice(after).search(/\S/);
      const call = `globalThis.__traced(${name}, ${own.length})`;
      own.push({ start, end: node.end });
      const last = node.parameters[node.parameters.length - 1];
      if (!ts.isBlock(node.body)) {
        inserts.push([node.body.getStart(tree), `(${call}, `], [node.body.end, ")"]);
      } else {
        const first = node.body.statements.find((one) => !(ts.isExpressionStatement(one) && ts.isStringLiteral(one.expression)));
        if (node.asteriskToken && !last?.dotDotDotToken && first === node.body.statements[0]) {
          const at = last ? last.end : text.lastIndexOf(")", node.body.getStart(tree));
          inserts.push([at, `${last ? ", " : ""}__traced_at = ${call}`]);
        } else {
          inserts.push([first ? first.getStart(tree) : node.body.end - 1, ` ${call}; `]);
        }
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  inserts.sort((a, b) => a[0] - b[0]);
  let out = "", from = 0;
  for (const [at, inserted] of inserts) {
    out += text.slice(from, at) + inserted;
    from = at;
  }
  return { out: out + text.slice(from), own, inserts, tree };
}

const ours = (file) => file.startsWith(root) && !file.slice(root.length).includes("node_modules") && !file.endsWith(".json");
const source = (text) => text.replace(/^#!.*/, "");

function trace() {
  const compile = Module.prototype._compile;
  Module.prototype._compile = function (text, file, ...rest) {
    return compile.call(this, ours(file) ? transformed(source(text), file).out : text, file, ...rest);
  };
  if (Module.register && workers.isMainThread) Module.register(url.pathToFileURL(path.join(__dirname, "traced_js_loader.mjs")));

  const calls = new Set();
  const file = (frame) => {
    const name = frame.getFileName();
    return name?.startsWith("file:") ? url.fileURLToPath(name) : name;
  };
  globalThis.__traced = function (callee, number) {
    const { prepareStackTrace: before, stackTraceLimit: limit } = Error;
    Error.stackTraceLimit = 40;
    Error.prepareStackTrace = (_, frames) => frames;
    const frames = new Error().stack;
    Error.prepareStackTrace = before;
    Error.stackTraceLimit = limit;
    for (const frame of frames.slice(2)) {
      if (frame.isAsync()) break;
      const name = file(frame);
      if (!name || name.startsWith("node:") || !ours(name)) continue;
      calls.add(JSON.stringify([name, frame.getLineNumber(), frame.getColumnNumber(), callee, number]));
      return;
    }
    calls.add(JSON.stringify([null, 0, 0, callee, number]));
  };
  process.on("exit", () => {
    const out = path.join(process.env.TRACED_OUT, `${process.pid}-${workers.threadId}.json`);
    fs.writeFileSync(out, `[${[...calls].join(",\n")}]`);
  });
}

/** Print rows [caller's file, start, end, callee's file, start, end]: offsets in bytes, of a module -1. */
function resolve() {
  const files = new Map();
  const known = (file) => {
    if (!files.has(file)) {
      const text = source(fs.readFileSync(file, "utf8")), { out, own, inserts } = transformed(text, file), lines = [0];
      const hidden = fs.readFileSync(file, "utf8").length - text.length;
      for (let at = 0; at < out.length; at++) if (out[at] === "\n") lines.push(at + 1);
      files.set(file, { text: " ".repeat(hidden) + text, hidden, own, inserts, lines });
    }
    return files.get(file);
  };
  const row = (file, one) => {
    if (!one) return [file, -1, -1];
    const { text, hidden } = known(file);
    return [file, Buffer.byteLength(text.slice(0, one.start + hidden)), Buffer.byteLength(text.slice(0, one.end + hidden))];
  };
  const holder = (file, line, column) => {
    const { own, inserts, lines } = known(file);
    let at = lines[line - 1] + column - 1;
    for (const [place, inserted] of inserts) {
      if (place >= at) break;
      at = Math.max(place, at - inserted.length);
    }
    let found;
    for (const one of own) if (one.start <= at && at < one.end && (!found || one.end - one.start < found.end - found.start)) found = one;
    return found;
  };
  const rows = new Set();
  for (const one of fs.readdirSync(process.env.TRACED_OUT)) {
    for (const [caller, line, column, callee, number] of JSON.parse(fs.readFileSync(path.join(process.env.TRACED_OUT, one), "utf8"))) {
      const from = caller === null ? [null, 0, 0] : row(caller, holder(caller, line, column));
      rows.add(JSON.stringify([...from, ...row(callee, known(callee).own[number])]));
    }
  }
  fs.writeFileSync(1, `[${[...rows].sort().join(",\n")}]`);
}

exports.instrumented = (text, file) => (ours(file) ? transformed(source(text), file).out : undefined);
if (require.main === module) resolve();
else if (!process.env.TRACED_LOADER) trace();
