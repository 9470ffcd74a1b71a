/** Is the input what the route declares? Everything else is a 400 before the handler sees it. */

import {
  HttpException,
  Inject,
  Injectable,
  type ArgumentMetadata,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidatorOptions } from 'class-validator';
import { SecurityError, type InputError } from '../core/errors.js';
import { isThenable } from '../core/thenable.js';
import { isPrimitiveType, readPrimitive } from './declared-primitive.js';
import { isDtoClass, schemaOfClass, type StandardSchema } from './declared-shape.js';
import { errorsOfClassValidator, errorsOfSchema } from './input-errors.js';
import { pointerTo, type InputKey, type InputSource } from './input-place.js';
import { shapeFault } from './input-shape.js';
import { VALIDATION_SETTINGS, type ValidationSettings } from './validation.options.js';

const RULES: ValidatorOptions = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  validationError: { target: false, value: true },
};

/** One parameter of a handler: where its value comes from, and where that is in the input. */
interface Place {
  readonly source: InputSource;
  readonly path: readonly InputKey[];
}

/**
 * Checks bodies, queries and path parameters; parameters of custom decorators are left alone.
 *
 * First the structure, whatever the route declares: depth, number of keys and entries, no `__proto__`, `constructor`
 * or `prototype` key. Then, in this order, the first that the parameter has:
 * - a Standard Schema, `@Body({ schema })` or a class with `static schema`: its output is handed on. Whether unknown
 *   fields are refused is the schema's own decision: `z.object` drops them, `z.strictObject` refuses them.
 * - a class with class-validator rules: unknown fields are refused, and the handler gets an instance. A class without
 *   any rule is refused: nothing vouches for the input.
 * - `number` and `boolean`: strict decimal digits, `true` or `false`. `string`: a string, not a list.
 * No type is converted unless the DTO says so with `@Type()` or `@Transform()`.
 *
 * @throws SecurityError `invalid_input` with up to 50 `errors`, each with a JSON pointer, none with a value.
 */
@Injectable()
export class StrictValidationPipe implements PipeTransform {
  constructor(@Inject(VALIDATION_SETTINGS) private readonly settings: ValidationSettings) {}

  transform(value: unknown, { type, metatype, data, schema }: ArgumentMetadata): unknown {
    if (type === 'custom') return value;
    const place: Place = { source: type, path: typeof data === 'string' && data !== '' ? [data] : [] };

    const fault = shapeFault(value, this.settings);
    if (fault !== undefined) throw this.#refusalAt(place, fault.path, fault.detail, 'shape');

    const declared = schema ?? schemaOfClass(metatype);
    if (declared !== undefined) return this.#bySchema(value, declared, place);
    if (isDtoClass(metatype)) return this.#byClass(value, metatype, place);
    if (isPrimitiveType(metatype) && place.path.length > 0) {
      const read = readPrimitive(value, metatype, type);
      if ('detail' in read) throw this.#refusalAt(place, [], read.detail, 'primitive');
      return read.value;
    }
    const isList = metatype === (Array as unknown);
    if (isList && value !== undefined && !Array.isArray(value)) {
      throw this.#refusalAt(place, [], 'must be a list', 'list');
    }
    return value;
  }

  #bySchema(value: unknown, schema: StandardSchema, place: Place): unknown {
    try {
      const result = schema['~standard'].validate(value);
      if (!isThenable(result)) return this.#outputOf(result, value, place);
      return Promise.resolve(result).then(
        (awaited) => this.#outputOf(awaited, value, place),
        (error: unknown) => {
          throw this.#crashed(error, place);
        },
      );
    } catch (error) {
      throw this.#crashed(error, place);
    }
  }

  #outputOf(
    result: Awaited<ReturnType<StandardSchema['~standard']['validate']>>,
    value: unknown,
    place: Place,
  ): unknown {
    if (result.issues === undefined) return result.value;
    throw this.#refusal(errorsOfSchema(result.issues, value, place.source, place.path), place, 'schema');
  }

  async #byClass(value: unknown, type: Type, place: Place): Promise<unknown> {
    // One absent property of a body may be optional: then an empty one passes, and the handler gets what was sent.
    const isAbsentPart = value === undefined && place.path.length > 0;
    if (
      !isAbsentPart &&
      (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    ) {
      throw this.#refusalAt(place, [], value === undefined ? 'is required' : 'must be an object', 'not_an_object');
    }
    let instance: object;
    let errors: InputError[];
    try {
      instance = plainToInstance(type, value ?? {}, { enableImplicitConversion: false }) as object;
      errors = errorsOfClassValidator(await validate(instance, RULES), place.source, place.path);
    } catch (error) {
      throw this.#crashed(error, place);
    }
    if (errors.length > 0) throw this.#refusal(errors, place, 'class');
    return isAbsentPart ? undefined : instance;
  }

  #refusalAt(place: Place, path: readonly InputKey[], detail: string, cause: string): SecurityError {
    return this.#refusal([{ detail, pointer: pointerTo(place.source, [...place.path, ...path]) }], place, cause);
  }

  /** Input that makes a validator throw is not input that this endpoint accepts: never a 500. */
  #crashed(error: unknown, place: Place): unknown {
    if (error instanceof HttpException) return error;
    const name = error instanceof Error ? error.name : typeof error;
    const errors = [{ detail: 'is not accepted', pointer: pointerTo(place.source, place.path) }];
    return this.#refusal(errors, place, `validator_threw_${name}`, error);
  }

  #refusal(errors: readonly InputError[], { source }: Place, cause: string, error?: unknown): SecurityError {
    const places = errors.slice(0, 5).map(({ pointer }) => pointer);
    const reason = `${source}_${cause}: ${errors.length} error${errors.length === 1 ? '' : 's'} at ${places.join(' ')}`;
    return new SecurityError('invalid_input', { reason, errors, cause: error });
  }
}
