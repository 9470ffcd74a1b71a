/** Is the posture page served, where, and to whom? The `posture` option of the module. */

import { checkKeys, checkText, checkTextList, optionError } from '../../core/checks.js';

export interface PostureOptions {
  /** Where the page is, below the global prefix. Default `security`: `GET /security`. */
  readonly path?: string;
  /** Who may see it, one of these suffices. No default: it shows how the app is guarded, and whom it refused. */
  readonly roles: readonly string[];
}

/** Options, completed and checked. */
export interface PosturePlace {
  readonly path: string;
  readonly roles: readonly string[];
}

/** Undefined: the option was not given, and there is no page. */
export type PostureSettings = PosturePlace | undefined;

export const POSTURE_SETTINGS = Symbol('bulwark:posture');

/** Fixed segments only: a parameter in it would be nobody's to fill. */
const PATH = /^\/?[\w.~-]+(?:\/[\w.~-]+)*$/;

/** @throws TypeError naming option, value and fix. */
export function postureSettings(options: PostureOptions | undefined, option = 'security.posture'): PostureSettings {
  return options === undefined ? undefined : posturePlace(options, option);
}

/** @throws TypeError naming option, value and fix. */
export function posturePlace(options: PostureOptions, option: string): PosturePlace {
  checkKeys(option, options ?? null, ['path', 'roles']);
  const path = checkText(`${option}.path`, options.path ?? 'security', "Use e.g. 'security'.");
  if (!PATH.test(path) || path.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw optionError(
      `${option}.path`,
      path,
      'is not a path of fixed segments',
      "Use e.g. 'security' or 'ops/security'.",
    );
  }
  const roles = checkTextList(`${option}.roles`, options.roles, "Say who may see the page, e.g. ['admin'].");
  return Object.freeze({ path, roles });
}
