/** Where does the app run? Everything but an explicit development or test environment is production. */

export interface Environment {
  /** True unless `NODE_ENV` is exactly `development` or `test`. An unset variable is production: the safe side. */
  readonly production: boolean;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export const ENVIRONMENT = Symbol('bulwark:environment');

export function readEnvironment(variables: Environment['variables'] = process.env): Environment {
  const name = variables.NODE_ENV;
  return Object.freeze({ production: name !== 'development' && name !== 'test', variables });
}
