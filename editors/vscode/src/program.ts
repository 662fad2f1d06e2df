// Which program is started, and for which files: all that can be decided without an editor.

import * as path from "node:path";

/** The languages whose files the server reads. */
export const LANGUAGES = ["terraform", "opentofu", "hcl", "json"];

/** The files whose changes outside of the editor matter. */
export const WATCHED = "**/{*.tf,*.tofu,*.json,*.tfvars,*.tftpl,*.tpl,*.yaml,*.yml,iamlint.toml,.iamlintignore,.gitignore}";

/** The program of a setting: a bare name is left to the search path, a relative path lies below the folder. */
export function program(setting: string, folder: string | undefined): string {
  const wanted = setting.trim() === "" ? "iamlint" : setting.trim();
  const isBare = !wanted.includes("/") && !wanted.includes("\\");
  if (isBare || path.isAbsolute(wanted) || folder === undefined) {
    return wanted;
  }
  return path.join(folder, wanted);
}

/** What is said when the program does not start. */
export function failure(command: string, problem: unknown): string {
  const reason = problem instanceof Error ? problem.message : String(problem);
  return `\`${command} lsp\` did not start (${reason}). Install iamlint, or say where it is in the setting "iamlint.path".`;
}
