// Writes down the calls that a run of CommonJS code makes: `node -r traced_js.js driver.js`, run by `traced_js.py`.
// TRACED_ROOT is the folder whose calls count, TRACED_COMPILER the npm package `typescript`, TRACED_OUT the file for
// rows [caller's file, start, end, callee's file, start, end], offsets in bytes, of a module -1.
// Each function of the folder gets a first statement that looks at the stack: the nearest frame of the folder is the
// caller, frames of Node.js and of the engine between them are passed over. Nothing on disk is changed.
"use strict";
const Module = require("module"), fs = require("fs"), path = require("path");
const ts = require(process.env.TRACED_COMPILER), root = process.env.TRACED_ROOT + path.sep;
const functions = [], files = new Map(), edges = new Set();

function transformed(text, file) {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.JS);
  const inserts = [], own = [];
  const bytes = (at) => Buffer.byteLength(text.slice(0, at));
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body) {
      const exported = (node.modifiers || []).filter((one) => one.kind === ts.SyntaxKind.ExportKeyword || one.kind === ts.SyntaxKind.DefaultKeyword);
      const after = exported.length ? exported[exported.length - 1].end : undefined;
      const start = after === undefined ? node.getStart(tree) : after + text.slice(after).search(/\S/);
      const id = functions.push([file, bytes(start), bytes(node.end)]) - 1;
      own.push({ id, start, end: node.end });
      if (ts.isBlock(node.body)) {
        const first = node.body.statements.find((one) => !(ts.isExpressionStatement(one) && ts.isStringLiteral(one.expression)));
        inserts.push([first ? first.getStart(tree) : node.body.end - 1, ` __traced(${id}); `]);
      } else {
        inserts.push([node.body.getStart(tree), `(__traced(${id}), `], [node.body.end, ")"]);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  inserts.sort((a, b) => a[0] - b[0]);
  let out = "", from = 0;
  const shifts = [];
  for (const [at, inserted] of inserts) {
    out += text.slice(from, at) + inserted;
    shifts.push([at, inserted.length]);
    from = at;
  }
  out += text.slice(from);
  const moved = (at, inclusive) => at + shifts.reduce((sum, [place, size]) => sum + (place < at || inclusive && place === at ? size : 0), 0);
  const lines = [0];
  for (let at = 0; at < out.length; at++) if (out[at] === "\n") lines.push(at + 1);
  files.set(file, { lines, own: own.map(({ id, start, end }) => ({ id, start: moved(start, false), end: moved(end, false) })) });
  return out;
}

const compile = Module.prototype._compile;
Module.prototype._compile = function (text, file, ...rest) {
  const ours = file.startsWith(root) && !file.includes("node_modules") && !file.endsWith(".json");
  return compile.call(this, ours ? transformed(text.replace(/^#!.*/, ""), file) : text, file, ...rest);
};

function holder(frame) {
  const known = files.get(frame.getFileName()), at = known.lines[frame.getLineNumber() - 1] + frame.getColumnNumber() - 1;
  let found;
  for (const one of known.own) {
    if (one.start <= at && at < one.end && (!found || one.end - one.start < found.end - found.start)) found = one;
  }
  return found ? found.id : frame.getFileName();
}

globalThis.__traced = function (id) {
  const { prepareStackTrace: before, stackTraceLimit: limit } = Error;
  Error.stackTraceLimit = 40;
  Error.prepareStackTrace = (_, frames) => frames;
  const frames = new Error().stack;
  Error.prepareStackTrace = before;
  Error.stackTraceLimit = limit;
  for (const frame of frames.slice(2)) {
    const file = frame.getFileName();
    if (frame.isAsync()) return;
    if (!file || file.startsWith("node:")) continue;
    if (!files.has(file)) return;
    edges.add(JSON.stringify([holder(frame), id]));
    return;
  }
};

process.on("exit", () => {
  const row = (one) => (typeof one === "string" ? [one, -1, -1] : functions[one]);
  const rows = [...edges].map((text) => JSON.parse(text)).map(([from, to]) => [...row(from), ...row(to)]);
  fs.writeFileSync(process.env.TRACED_OUT, JSON.stringify(rows));
});
