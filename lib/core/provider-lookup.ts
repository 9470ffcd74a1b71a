/** Finds a provider that a decorator names, once, at boot. */

import type { Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';

/**
 * @throws TypeError when no module provides the class, or it is request-scoped: Nest would make it anew for each request,
 * and the checks compiled at boot would hold an instance that no request ever sees.
 */
export function providerOf<T>(modules: ModuleRef, type: Type<T>, where: string): T {
  try {
    return modules.get<T>(type, { strict: false });
  } catch (error) {
    throw new TypeError(
      `${where}: ${type.name} cannot be used. Add it to the \`providers\` of a module, with the default scope ` +
        `(a request-scoped or transient provider cannot stand in the pipeline).`,
      { cause: error },
    );
  }
}
