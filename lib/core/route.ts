/** What does one handler ask for? Decorators write annotations, a route reads them: handler first, then class. */

import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { authenticatesAt } from './route-guards.js';

/** A typed note on a handler or class. The stage that owns it is the only one that reads it. */
export interface Annotation<T> {
  readonly name: string;
  readonly key: symbol;
  /** Never set: carries the type of the note. */
  readonly value?: T;
}

export type Handler = (...args: never[]) => unknown;

/** A decorator for a method or a whole class. */
export type RouteDecorator = MethodDecorator & ClassDecorator;

export interface RoutePath {
  /** Upper case: `GET`. `ALL` where the handler answers to every method. */
  readonly method: string;
  /** As on the wire, prefix and version included: `/v1/orders/:id`. */
  readonly path: string;
  readonly version?: string;
  readonly host?: string;
}

/** What one handler asks for, compiled once at boot from its decorators. */
export interface Route {
  /** `OrdersController.find` */
  readonly id: string;
  /** The name of the method. */
  readonly name: string;
  readonly transport: 'http' | 'graphql' | 'ws' | 'rpc';
  readonly class: Type;
  readonly handler: Handler;
  readonly paths: readonly RoutePath[];
  /**
   * True when the decision closest to the handler is `@Public()`. Requirements farther away do not apply then. A guard of ours
   * on the handler that asks for a caller is closer than what its class says.
   */
  readonly isPublic: boolean;
  readonly publicReason?: string;
  /**
   * True for a part of what another handler answers, such as the resolver of a field: that handler was charged for the whole, and
   * without a word of its own the part is as open as the whole.
   */
  readonly isPart: boolean;
  get<T>(annotation: Annotation<T>): T | undefined;
}

export function annotation<T>(name: string): Annotation<T> {
  return Object.freeze({ name, key: Symbol(PREFIX + name) });
}

const PREFIX = 'bulwark:';

/** Makes the decorator that writes an annotation. */
export function annotate<T>(note: Annotation<T>, value: T): RouteDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    write(note, value, target, key, descriptor);
  };
}

/** What an annotation is read from: a handler, and where it stands. */
export type AnnotatedPlace = Pick<Route, 'handler' | 'class' | 'name'>;

/**
 * Reads an annotation: handler first, then class. A handler that another decorator wrapped, or that a subclass overrode
 * without a word, has what was written under its name.
 */
export function readAnnotation<T>(note: Annotation<T>, { handler, class: type, name }: AnnotatedPlace): T | undefined {
  return (Reflect.getMetadata(note.key, handler) ??
    Reflect.getMetadata(note.key, type.prototype as object, name) ??
    Reflect.getMetadata(note.key, type)) as T | undefined;
}

function write<T>(
  note: Annotation<T>,
  value: T,
  target: object,
  key?: string | symbol,
  descriptor?: PropertyDescriptor,
): void {
  if (descriptor === undefined || key === undefined) return Reflect.defineMetadata(note.key, value, target);
  Reflect.defineMetadata(note.key, value, descriptor.value as object);
  Reflect.defineMetadata(note.key, value, target, key);
}

/** The annotations that stand on a class itself, and on its own methods. For those who have to say that nobody reads them there. */
export function* annotationsOn(type: Type): Iterable<{ readonly member?: string; readonly names: readonly string[] }> {
  const prototype = type.prototype as object;
  const ofClass = namesIn(Reflect.getOwnMetadataKeys(type));
  if (ofClass.length > 0) yield { names: ofClass };
  for (const member of Object.getOwnPropertyNames(prototype)) {
    if (member === 'constructor') continue;
    const names = namesIn(Reflect.getOwnMetadataKeys(prototype, member));
    if (names.length > 0) yield { member, names };
  }
}

function namesIn(keys: readonly unknown[]): string[] {
  const descriptions = keys.map((key) => (typeof key === 'symbol' ? key.description : undefined));
  return descriptions.filter((each) => each?.startsWith(PREFIX)).map((each) => each!.slice(PREFIX.length));
}

/** Nest's own key for the path of a handler: what makes a method one. */
export const PATH_METADATA = 'path';

/** Is this function a handler by its own decorators, or something that was put in the place of one? */
export function isDecorated(handler: Handler): boolean {
  return Reflect.hasMetadata(PATH_METADATA, handler);
}

/** Who may come in at all. Every decorator that decides over access leaves one, so that the closest decision wins. */
type Access =
  { readonly public: true; readonly reason?: string } | { readonly public: false; readonly because: string };

const ACCESS = annotation<Access>('access');

/**
 * Makes the decorator of a requirement: it writes the annotation and closes the route.
 *
 * @throws TypeError when the same handler or class is also `@Public()`.
 */
export function requirement<T>(note: Annotation<T>, value: T): RouteDecorator {
  return together(annotate(note, value), decide({ public: false, because: note.name }));
}

/** Makes the decorator that opens a route to everybody. */
export function opening(reason?: string): RouteDecorator {
  return decide({ public: true, ...(reason !== undefined && { reason }) });
}

export function describeRoute(
  init: Pick<Route, 'name' | 'class' | 'handler' | 'transport' | 'paths'> & { readonly isPart?: boolean },
): Route {
  const { isPart = false } = init;
  const access = accessOf(init) ?? (isPart && !authenticatesAt(init.handler) ? PART_OF_THE_WHOLE : undefined);
  return Object.freeze({
    id: `${init.class.name}.${init.name}`,
    name: init.name,
    transport: init.transport,
    class: init.class,
    handler: init.handler,
    paths: Object.freeze([...init.paths]),
    isPublic: access?.public === true,
    ...(access?.public === true && access.reason !== undefined && { publicReason: access.reason }),
    isPart,
    get: <T>(note: Annotation<T>) => readAnnotation(note, init),
  });
}

const PART_OF_THE_WHOLE: Access = Object.freeze({ public: true, reason: 'as open as the field it is a part of' });

/** `@UseGuards(JwtAuthGuard)` on one handler of an open class: whoever wrote it asks for a caller. */
function accessOf(place: AnnotatedPlace): Access | undefined {
  const access = readAnnotation(ACCESS, place);
  if (access?.public !== true || !authenticatesAt(place.handler)) return access;
  const isItsOwn =
    Reflect.hasMetadata(ACCESS.key, place.handler) ||
    Reflect.hasMetadata(ACCESS.key, place.class.prototype as object, place.name);
  return isItsOwn ? access : { public: false, because: 'guard' };
}

export function together(...decorators: readonly RouteDecorator[]): RouteDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    for (const decorator of decorators) {
      (decorator as (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => void)(
        target,
        key,
        descriptor,
      );
    }
  };
}

function decide(access: Access): RouteDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const place = descriptor ? (descriptor.value as object) : target;
    const earlier = Reflect.getOwnMetadata(ACCESS.key, place) as Access | undefined;
    if (earlier !== undefined && earlier.public !== access.public) {
      const where = descriptor ? `${target.constructor.name}.${String(key)}` : (target as Type).name;
      const closing = [earlier, access].find((each) => !each.public) as Access & { public: false };
      throw new TypeError(
        `${where}: @Public() stands beside a decorator that asks for a caller (${closing.because}). Remove one of them.`,
      );
    }
    write(ACCESS, access, target, key, descriptor);
  };
}
