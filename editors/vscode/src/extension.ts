// Starts `iamlint lsp` and hands the editor to it. Everything else is the server's.

import * as vscode from "vscode";
import { LanguageClient } from "vscode-languageclient/node";

import { failure, LANGUAGES, program, WATCHED } from "./program";

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("iamlint");
  const watcher = vscode.workspace.createFileSystemWatcher(WATCHED);
  const restart = async (): Promise<void> => {
    await stop();
    await start(output, watcher);
  };
  context.subscriptions.push(
    output,
    watcher,
    vscode.commands.registerCommand("iamlint.restart", restart),
    vscode.commands.registerCommand("iamlint.output", () => output.show()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("iamlint.path")) {
        return restart();
      }
      return undefined;
    }),
  );
  await start(output, watcher);
}

export function deactivate(): Promise<void> {
  return stop();
}

async function start(output: vscode.OutputChannel, watcher: vscode.FileSystemWatcher): Promise<void> {
  const setting = vscode.workspace.getConfiguration("iamlint").get<string>("path", "iamlint");
  const command = program(setting, vscode.workspace.workspaceFolders?.[0]?.uri.fsPath);
  client = new LanguageClient(
    "iamlint",
    "iamlint",
    { command, args: ["lsp"] },
    {
      documentSelector: LANGUAGES.map((language) => ({ scheme: "file", language })),
      outputChannel: output,
      synchronize: { fileEvents: watcher },
    },
  );
  try {
    await client.start();
  } catch (problem) {
    client = undefined;
    // Not awaited: the message stays until somebody answers it.
    void vscode.window.showErrorMessage(failure(command, problem));
  }
}

async function stop(): Promise<void> {
  const running = client;
  client = undefined;
  await running?.stop();
}
