// What must hold beside the tests: the generated types are up to date, index.d.ts names what the module exports and
// nothing else, and the type tests and examples pass `tsc --strict` as a user's project would, without skipLibCheck.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
const root = path.join(here, "..");
const require = createRequire(import.meta.url);

function run(...command) {
  const { status } = spawnSync(process.execPath, command, { stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

run(path.join(here, "scripts/dts.mjs"), "--check");

// A project of a user, with our package and the types of Node installed.
const project = mkdtempSync(path.join(tmpdir(), "viralnow-types-"));
try {
  mkdirSync(path.join(project, "node_modules"));
  symlinkSync(here, path.join(project, "node_modules/viralnow"), "dir");
  for (const name of ["@types", "undici-types"]) {
    symlinkSync(path.join(here, "node_modules", name), path.join(project, "node_modules", name), "dir");
  }
  for (const folder of ["tests/node/types", "examples/node"]) {
    for (const file of readdirSync(path.join(root, folder))) cpSync(path.join(root, folder, file), path.join(project, file));
  }
  const options = {
    strict: true,
    noEmit: true,
    allowJs: true,
    checkJs: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    target: "es2022",
    lib: ["es2023"],
    types: ["node"],
  };
  // As Node resolves modules, and as bundlers do; and decorators of the older kind.
  for (const [module, moduleResolution, experimentalDecorators] of [
    ["nodenext", "nodenext", false],
    ["preserve", "bundler", false],
    ["nodenext", "nodenext", true],
  ]) {
    const compilerOptions = { ...options, module, moduleResolution, experimentalDecorators };
    writeFileSync(path.join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*"] }));
    // The links must not be followed: the types of Node are found from the project, as in a real one.
    run(require.resolve("typescript/bin/tsc"), "-p", project, "--preserveSymlinks");
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}

// The names that the types promise are those that are there, classes' members included.
const ts = require("typescript");
const file = path.join(here, "lib/index.d.ts");
const program = ts.createProgram([file], { types: [], noLib: true });
const checker = program.getTypeChecker();
const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)));
const present = require("../lib/index.cjs");
const problems = [];

function compare(what, promised, there) {
  for (const name of promised) if (!there.includes(name)) problems.push(`${what}${name} is in index.d.ts but not in the module`);
  for (const name of there) if (!promised.includes(name)) problems.push(`${what}${name} is in the module but not in index.d.ts`);
}

const values = symbols.filter((symbol) => symbol.flags & ts.SymbolFlags.Value);
compare("", values.map((symbol) => symbol.name), Object.keys(present));
compare("ESM: ", values.map((symbol) => symbol.name), Object.keys(await import("../lib/index.mjs")));
for (const symbol of values) {
  const value = present[symbol.name];
  if (symbol.flags & ts.SymbolFlags.Class) {
    const members = [...symbol.members.values()].filter((member) => member.name !== "__constructor").map((m) => m.name);
    // Fields are made by the constructor; methods and getters stand in the prototype.
    const fields = symbol.name === "ViralNowError" ? Object.keys(new value("")).concat("cause") : [];
    const methods = Object.getOwnPropertyNames(value.prototype).filter((name) => name !== "constructor");
    compare(`${symbol.name}.`, members, [...methods, ...fields]);
  } else if (symbol.flags & ts.SymbolFlags.ValueModule) {
    compare(`${symbol.name}.`, [...symbol.exports.keys()], Object.keys(value));
  }
}
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
