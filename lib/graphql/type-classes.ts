/** Which classes are behind a type of the schema, and which of their properties is behind a field? As @nestjs/graphql noted it. */

import type { Type } from '@nestjs/common';

interface ClassNote {
  readonly name: string;
  readonly target: Type;
  readonly properties?: readonly { readonly schemaName: string; readonly name: string }[];
}

interface TypeNotes {
  getObjectTypesMetadata(): readonly ClassNote[];
  getInterfacesMetadata(): readonly ClassNote[];
}

export class TypeClasses {
  readonly #byName = new Map<string, Type[]>();
  readonly #notes = new Map<unknown, ClassNote[]>();

  /** @throws TypeError where the notes cannot be reached: nobody could tell which fields are hidden. */
  constructor() {
    // @nestjs/graphql keeps what its decorators say in a global of its own, so it need not be loaded to be asked.
    const notes = (globalThis as { GqlTypeMetadataStorage?: Partial<TypeNotes> }).GqlTypeMetadataStorage;
    if (typeof notes?.getObjectTypesMetadata !== 'function' || typeof notes.getInterfacesMetadata !== 'function') {
      throw new TypeError(
        'GraphQLSecurity: this version of @nestjs/graphql does not tell which class is behind a type, so that @VisibleTo() and ' +
          '@Hidden() would hide nothing. Use @nestjs/graphql 14.',
      );
    }
    for (const note of [...notes.getObjectTypesMetadata(), ...notes.getInterfacesMetadata()]) {
      this.#byName.set(note.name, [...(this.#byName.get(note.name) ?? []), note.target]);
      this.#notes.set(note.target, [...(this.#notes.get(note.target) ?? []), note]);
    }
  }

  /** More than one where classes of several apps in this process, or of an interface, share a name. */
  of(names: readonly string[]): readonly Type[] {
    return names.flatMap((name) => this.#byName.get(name) ?? []);
  }

  /**
   * The properties that a field may be read from: those that carry its name, in these classes and in those they extend, and the
   * property of the field's own name, unless that is another field.
   */
  propertiesOf(field: string, classes: readonly Type[]): ReadonlySet<string> {
    const properties = classes.flatMap((type) => [...this.#lineage(type)]);
    const named = properties.filter(({ schemaName }) => schemaName === field).map(({ name }) => name);
    const isAnother = properties.some(({ name, schemaName }) => name === field && schemaName !== field);
    return new Set(isAnother ? named : [...named, field]);
  }

  /** The field of the schema that is read from a property. Undefined: the property is in no schema. */
  fieldOf(property: string, type: Type): string | undefined {
    return [...this.#lineage(type)].find(({ name }) => name === property)?.schemaName;
  }

  /** Did a decorator of these classes, or of a resolver of theirs, make this field? */
  knows(field: string, classes: readonly Type[]): boolean {
    return classes.some((type) => [...this.#lineage(type)].some(({ schemaName }) => schemaName === field));
  }

  /** What the class says itself, and what those say that it extends. */
  *#lineage(type: Type): Iterable<{ readonly schemaName: string; readonly name: string }> {
    for (let each: unknown = type; typeof each === 'function'; each = Object.getPrototypeOf(each)) {
      for (const { properties = [] } of this.#notes.get(each) ?? []) yield* properties;
    }
  }
}
