import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";

import { failure, program } from "../src/program";

test("a bare name is left to the search path", () => {
  assert.equal(program("iamlint", "/work"), "iamlint");
  assert.equal(program("  ", "/work"), "iamlint");
});

test("a relative path lies below the folder that is open", () => {
  assert.equal(program("./bin/iamlint", "/repo"), path.join("/repo", "bin/iamlint"));
  assert.equal(program("./bin/iamlint", undefined), "./bin/iamlint");
  assert.equal(program("/opt/iamlint", "/repo"), "/opt/iamlint");
});

test("a program that does not start is said with its reason and its cure", () => {
  const said = failure("iamlint", new Error("spawn iamlint ENOENT"));
  assert.match(said, /`iamlint lsp` did not start \(spawn iamlint ENOENT\)/);
  assert.match(said, /iamlint\.path/);
});
