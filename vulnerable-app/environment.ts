/** Imported before everything else: what the shop is made of depends on it. Data and keys are those of a developer's machine. */

process.env['NODE_ENV'] ??= 'test';
