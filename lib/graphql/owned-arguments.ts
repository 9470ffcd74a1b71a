/** Is there anything that `@OwnedBy({ param })` could read? An argument that no field has would be a 404 for everybody. */

import type { GraphQLSchema } from 'graphql';
import { OWNERSHIP } from '../authorization/ownership/owned-by.decorator.js';
import type { Route } from '../core/route.js';
import { declaredFields } from '../responses/declared-fields.js';
import { isFielded } from './field-costs.js';
import { TypeClasses } from './type-classes.js';

/** @throws TypeError naming route, argument and fix. */
export function checkOwnedArguments(routes: readonly Route[], schema: GraphQLSchema): void {
  const classes = new TypeClasses();
  for (const route of routes) {
    const rule = route.transport === 'graphql' && !route.isPublic ? route.get(OWNERSHIP) : undefined;
    if (rule === undefined || rule.kind === 'list') continue;
    for (const { path } of route.paths) {
      const [typeName, fieldName] = path.split('.', 2) as [string, string];
      const type = schema.getType(typeName);
      // Of another schema of this process, or of none.
      const field = type && isFielded(type) ? type.getFields()[fieldName] : undefined;
      if (type === undefined || field === undefined || !isFielded(type)) continue;
      const names = new Set(field.args.map(({ name }) => name));
      if (route.isPart) {
        const behind = classes.of([typeName, ...type.getInterfaces().map(({ name }) => name)]);
        for (const name of Object.keys(type.getFields()))
          for (const each of classes.propertiesOf(name, behind)) names.add(each);
        for (const each of behind) for (const name of declaredFields(each)) names.add(name);
      }
      if (names.has(rule.param)) continue;
      throw new TypeError(
        `@OwnedBy() on ${route.id}: ${path} has no argument \`${rule.param}\`` +
          (route.isPart ? `, and ${typeName} no such field. ` : '. ') +
          "Name the one that holds the id: { param: '…' }.",
      );
    }
  }
}
