// The extension in an editor that is a stub: what it starts, what it says, and that it ends what it has started.

import assert from "node:assert/strict";
import Module from "node:module";
import * as path from "node:path";
import { beforeEach, test } from "node:test";

type Client = { server: { command: string; args: string[] }; options: Record<string, unknown>; state: string };

const clients: Client[] = [];
const errors: string[] = [];
const commands = new Map<string, () => unknown>();
let setting = "iamlint";
let refuses = false;
let changed: (change: { affectsConfiguration(name: string): boolean }) => unknown = () => undefined;

class LanguageClient {
  private readonly client: Client;

  constructor(_id: string, _name: string, server: Client["server"], options: Record<string, unknown>) {
    this.client = { server, options, state: "new" };
    clients.push(this.client);
  }

  async start(): Promise<void> {
    if (refuses) {
      throw new Error("spawn iamlint ENOENT");
    }
    this.client.state = "running";
  }

  async stop(): Promise<void> {
    this.client.state = "stopped";
  }
}

const disposable = { dispose: () => undefined };
const stubs: Record<string, unknown> = {
  vscode: {
    window: {
      createOutputChannel: () => ({ ...disposable, show: () => undefined }),
      showErrorMessage: async (message: string) => void errors.push(message),
    },
    workspace: {
      workspaceFolders: [{ uri: { fsPath: "/repo" } }],
      createFileSystemWatcher: (glob: string) => ({ ...disposable, glob }),
      getConfiguration: () => ({ get: () => setting }),
      onDidChangeConfiguration: (listener: typeof changed) => {
        changed = listener;
        return disposable;
      },
    },
    commands: {
      registerCommand: (name: string, run: () => unknown) => {
        commands.set(name, run);
        return disposable;
      },
    },
  },
  "vscode-languageclient/node": { LanguageClient },
};

type Loader = { _load(request: string, ...rest: unknown[]): unknown };
const loader = Module as unknown as Loader;
const load = loader._load;

function within(stubbed: Record<string, unknown>, file: string): { activate: Function; deactivate: Function } {
  loader._load = (request, ...rest) => (request in stubbed ? stubbed[request] : load(request, ...rest));
  try {
    return require(file);
  } finally {
    loader._load = load;
  }
}

const extension = within(stubs, path.join(__dirname, "../src/extension.ts"));
const context = () => ({ subscriptions: [] as unknown[] });

beforeEach(async () => {
  await extension.deactivate();
  clients.length = 0;
  errors.length = 0;
  setting = "iamlint";
  refuses = false;
});

test("it starts the server of the setting for the languages that the server reads", async () => {
  setting = "./bin/iamlint";
  const own = context();
  await extension.activate(own);
  assert.deepEqual(clients[0]?.server, { command: path.join("/repo", "bin/iamlint"), args: ["lsp"] });
  const selector = clients[0]?.options["documentSelector"] as { language: string }[];
  assert.deepEqual(selector.map((it) => it.language), ["terraform", "opentofu", "hcl", "json"]);
  assert.equal(clients[0]?.state, "running");
  assert.equal(own.subscriptions.length, 5);
});

test("it ends what it has started", async () => {
  await extension.activate(context());
  await extension.deactivate();
  assert.deepEqual(clients.map((it) => it.state), ["stopped"]);
});

test("another program takes the place of the first when the setting changes", async () => {
  await extension.activate(context());
  setting = "/opt/iamlint";
  await changed({ affectsConfiguration: (name) => name === "editor.fontSize" });
  assert.equal(clients.length, 1);
  await changed({ affectsConfiguration: (name) => name === "iamlint.path" });
  assert.deepEqual(clients.map((it) => [it.server.command, it.state]), [["iamlint", "stopped"], ["/opt/iamlint", "running"]]);
  await commands.get("iamlint.restart")?.();
  assert.equal(clients.length, 3);
});

test("a program that is not there is said, and may come later", async () => {
  refuses = true;
  await extension.activate(context());
  assert.equal(errors.length, 1);
  assert.match(errors[0] ?? "", /did not start/);
  refuses = false;
  await commands.get("iamlint.restart")?.();
  assert.equal(clients.at(-1)?.state, "running");
});

test("the bundle is whole: it needs nothing but the editor and what Node has", () => {
  // The client that is bundled extends classes of the editor as it is loaded.
  const editor = new Proxy({}, { get: (_, name) => (name === "__esModule" ? false : class {}) });
  const wanted: string[] = [];
  loader._load = (request, ...rest) => {
    wanted.push(request);
    return request === "vscode" ? editor : load(request, ...rest);
  };
  try {
    const bundle = require(path.join(__dirname, "../dist/extension.js"));
    assert.equal(typeof bundle.activate, "function");
    assert.equal(typeof bundle.deactivate, "function");
  } finally {
    loader._load = load;
  }
  const foreign = wanted.filter((it) => it !== "vscode" && !path.isAbsolute(it) && !Module.builtinModules.includes(it.replace(/^node:/, "")));
  assert.deepEqual(foreign, []);
});
