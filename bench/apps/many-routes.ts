/** Many routes, roles and stages, to see whether their number costs anything. */

import { Controller, Get, Module, Post, type Type } from '@nestjs/common';
import { Returns, Roles, type CustomStage, type SecurityOptions, type SecurityStage } from '../../lib/index.js';
import { findUser, UserView, type User } from './users.js';

const PER_CONTROLLER = 10;
export const ROLE_COUNT = 100;
export const STAGE_COUNT = 50;

/** Bare controllers, ten handlers each. */
export function plainRoutes(count: number): Type {
  return routes(count, () => () => undefined);
}

/** The same, each with a role and a declared shape. */
export function guardedRoutes(count: number): Type {
  return routes(count, (index) => (target, key, descriptor) => {
    Roles('user')(target, key, descriptor);
    if (index % 2 === 0) Returns(UserView)(target, key, descriptor);
    else Returns([UserView])(target, key, descriptor);
  });
}

/** A hundred roles in a chain, and fifty stages that ask something of half of the routes but of none that is measured. */
export function manyOptions(): Partial<SecurityOptions> {
  const names = Array.from({ length: ROLE_COUNT }, (_, index) => `role-${index}`);
  const hierarchy: Record<string, string[]> = { admin: ['user'], user: [], guest: [] };
  for (const [index, name] of names.entries()) hierarchy[name] = index === 0 ? ['user'] : [names[index - 1]!];
  const stages = Array.from({ length: STAGE_COUNT }, (_, index): CustomStage => ({
    after: 'roles',
    use: stage(index),
  }));
  return { roles: { hierarchy }, stages };
}

function stage(index: number): SecurityStage {
  return {
    name: `custom-${index}`,
    plan: (route) =>
      route.id.startsWith('Many') && route.id.endsWith(String(index % 2)) ? () => undefined : undefined,
    describe: () => undefined,
  };
}

function routes(count: number, decorate: (index: number) => MethodDecorator): Type {
  const controllers: Type[] = [];
  for (let start = 0; start < count; start += PER_CONTROLLER) {
    class Many {}
    Object.defineProperty(Many, 'name', { value: `Many${start}` });
    for (let index = start; index < Math.min(count, start + PER_CONTROLLER); index++) {
      const name = `handler${index}`;
      const handler = (): User => findUser('0');
      Object.defineProperty(Many.prototype, name, { value: handler, writable: true, configurable: true });
      const descriptor = Object.getOwnPropertyDescriptor(Many.prototype, name)!;
      (index % 3 === 0 ? Post(`items-${index}/:id`) : Get(`items-${index}/:id`))(Many.prototype, name, descriptor);
      decorate(index)(Many.prototype, name, descriptor);
    }
    Controller(`many-${start}`)(Many);
    controllers.push(Many);
  }
  class ManyRoutesModule {}
  Module({ controllers })(ManyRoutesModule);
  return ManyRoutesModule;
}
