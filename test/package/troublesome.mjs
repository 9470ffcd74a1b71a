/** Apps that make it hard for the command: they write past Node's streams, never come down, or fail where nobody looks. */

import 'reflect-metadata';
import { writeSync } from 'node:fs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SecurityModule } from 'nestjs-bulwark';

class AppModule {
  onModuleDestroy() {
    return process.env.NEVER_ENDS === undefined ? undefined : new Promise(() => setInterval(() => undefined, 1000));
  }
}
Module({ imports: [SecurityModule.forRoot({ jwt: { secret: 'a-secret-of-more-than-32-bytes-for-tests-only' } })] })(
  AppModule,
);

const make = () => NestFactory.create(AppModule, { logger: false, abortOnError: false });

export function makeLoud() {
  writeSync(1, 'written past every stream\n');
  process.send?.('ready');
  return make();
}

export function makeLoudTrouble() {
  writeSync(1, 'written past every stream\n');
  throw new Error('and then it fails');
}

export async function makeStray() {
  void Promise.reject(new Error('nobody catches this'));
  await new Promise((resolve) => setImmediate(resolve));
  return make();
}
