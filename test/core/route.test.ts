import { describe, expect, it } from 'vitest';
import { annotate, annotation, describeRoute, opening, requirement, type Handler } from '../../lib/core/route.js';
import type { Type } from '@nestjs/common';

const NOTE = annotation<string>('note');

function routeOf(type: Type, name: string) {
  const handler = (type.prototype as Record<string, Handler>)[name]!;
  return describeRoute({ name, class: type, handler, transport: 'http', paths: [] });
}

@annotate(NOTE, 'class')
class Base {
  @annotate(NOTE, 'handler')
  own() {}
  plain() {}
}
class Derived extends Base {}

describe('an annotation', () => {
  it('on the handler wins over one on the class', () => {
    expect(routeOf(Base, 'own').get(NOTE)).toBe('handler');
    expect(routeOf(Base, 'plain').get(NOTE)).toBe('class');
  });

  it('is inherited with the handler and with the class', () => {
    expect(routeOf(Derived, 'own').get(NOTE)).toBe('handler');
    expect(routeOf(Derived, 'plain').get(NOTE)).toBe('class');
  });

  it('is another one for each name that is made, even the same name twice', () => {
    expect(routeOf(Base, 'own').get(annotation<string>('note'))).toBeUndefined();
  });
});

describe('a handler that another decorator wrapped', () => {
  const wrapped: MethodDecorator = (_target, _key, descriptor: PropertyDescriptor) => {
    const original = descriptor.value as () => unknown;
    descriptor.value = () => original();
    return descriptor;
  };
  class Wrapped {
    @wrapped
    @requirement(NOTE, 'kept')
    handler() {}

    @opening()
    @wrapped
    open() {}
  }
  class Overriding extends Wrapped {
    override handler() {}
    @opening()
    override open() {}
  }

  it('keeps what was written under its name', () => {
    expect(routeOf(Wrapped, 'handler')).toMatchObject({ isPublic: false });
    expect(routeOf(Wrapped, 'handler').get(NOTE)).toBe('kept');
    expect(routeOf(Wrapped, 'open').isPublic).toBe(true);
  });

  it('keeps it when a subclass overrides it without a word, and not when it says otherwise', () => {
    expect(routeOf(Overriding, 'handler').get(NOTE)).toBe('kept');
    expect(routeOf(Overriding, 'open').isPublic).toBe(true);
  });
});

describe('access to a route', () => {
  const ROLE = annotation<string>('role');

  @requirement(ROLE, 'admin')
  class Closed {
    @opening('health check')
    open() {}
    inherited() {}
  }
  @opening()
  class Open {
    @requirement(ROLE, 'admin')
    closed() {}
    inherited() {}
  }

  it('follows the decision closest to the handler', () => {
    expect(routeOf(Closed, 'open')).toMatchObject({ isPublic: true, publicReason: 'health check' });
    expect(routeOf(Closed, 'inherited').isPublic).toBe(false);
    expect(routeOf(Open, 'closed').isPublic).toBe(false);
    expect(routeOf(Open, 'inherited').isPublic).toBe(true);
  });

  it('is closed where nothing was said', () => {
    expect(routeOf(Base, 'plain').isPublic).toBe(false);
  });

  it('cannot be open and closed in one place', () => {
    expect(() => {
      class Torn {
        @opening()
        @requirement(ROLE, 'admin')
        handler() {}
      }
      return Torn;
    }).toThrow('Torn.handler: @Public() stands beside a decorator that asks for a caller');
  });
});
