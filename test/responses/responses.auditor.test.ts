import { Controller, Delete, Get, HttpCode, Next, Post, Redirect, Res, StreamableFile } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../lib/core/finding.js';
import { PipelinePlans } from '../../lib/core/pipeline-plans.js';
import { ResponsesAuditor } from '../../lib/responses/responses.auditor.js';
import { ResponsesStage } from '../../lib/responses/responses.stage.js';
import { Returns } from '../../lib/responses/returns.decorator.js';
import { OwnerId, VisibleTo, VisibleToOwner } from '../../lib/responses/visible-to.decorator.js';
import { bootApp, type TestApp } from '../app.js';

class UserView {
  @OwnerId() id!: string;
  @VisibleToOwner() @VisibleTo('admin') email!: string;
}
class EmptyView {}
class NoteView {
  id!: string;
  @VisibleToOwner() text!: string;
}

@Controller()
class AuditedController {
  @Get('declared') @Returns(UserView) declared(): object {
    return {};
  }
  @Get('text') text(): string {
    return '';
  }
  @Get('file') file(): StreamableFile {
    return new StreamableFile(Buffer.alloc(0));
  }
  @Delete('nothing') nothing(): void {}
  @Delete('later-nothing') async laterNothing(): Promise<void> {
    await Promise.resolve();
  }
  @Delete('early') early(): void {
    if (this instanceof AuditedController) return;
    throw new Error();
  }
  @Post('no-content') @HttpCode(204) noContent() {
    return { a: 1 };
  }
  @Get('elsewhere') @Redirect('/') elsewhere(): object {
    return { url: '/' };
  }
  @Get('passed-through') @Returns(String) passedThrough(@Res({ passthrough: true }) response: object): string {
    return typeof response;
  }
  @Get('object') object(): object {
    return {};
  }
  @Get('promise') async promise(): Promise<string> {
    return Promise.resolve('');
  }
  @Get('untyped') untyped() {
    return { a: 1 };
  }
  @Get('generator') async *generator() {
    yield await Promise.resolve(1);
  }
  @Get('res') @Returns(UserView) res(@Res() response: { end(): void }): void {
    response.end();
  }
  @Get('next') next(@Next() next: () => void): void {
    next();
  }
  @Get('empty') @Returns(EmptyView) empty(): object {
    return {};
  }
  @Get('note') @Returns(NoteView) note(): object {
    return {};
  }
}

@Controller('heirs')
class HeirController extends AuditedController {}

describe('the audit of answers', () => {
  let t: TestApp;
  let findings: Finding[];
  beforeAll(async () => {
    t = await bootApp({ controllers: [AuditedController, HeirController] });
    const { routes } = t.app.get(PipelinePlans);
    findings = [...t.app.get(ResponsesAuditor, { strict: false }).findings({ routes, production: true })];
  });
  afterAll(() => t.close());
  const places = (id: string): string[] => findings.filter((finding) => finding.id === id).map(({ where }) => where);

  it('finds handlers that could answer an object and do not say which', () => {
    expect(places('responses/no-shape').filter((where) => where.startsWith('Audited'))).toEqual([
      'AuditedController.object (GET /object)',
      'AuditedController.promise (GET /promise)',
      'AuditedController.untyped (GET /untyped)',
      'AuditedController.generator (GET /generator)',
    ]);
  });

  it('finds handlers that take the response into their own hands, inherited ones too', () => {
    expect(places('responses/res-bypass')).toEqual([
      'AuditedController.res (GET /res)',
      'AuditedController.next (GET /next)',
      'HeirController.res (GET /heirs/res)',
      'HeirController.next (GET /heirs/next)',
    ]);
  });

  it('finds classes without fields, and owners that nothing names', () => {
    expect(places('responses/empty-shape')).toEqual(['AuditedController.empty (GET /empty): EmptyView']);
    expect(places('responses/no-owner-id')).toEqual(['AuditedController.note (GET /note): NoteView']);
  });

  it('says how bad it is, why, and what to write', () => {
    const [first] = findings.filter(({ id }) => id === 'responses/res-bypass');
    expect(first).toEqual({
      id: 'responses/res-bypass',
      severity: 'error',
      where: 'AuditedController.res (GET /res)',
      why: '@Res() sends the answer past every filter: whatever the handler writes is what the caller gets.',
      fix: 'Write @Res({ passthrough: true }) and return the answer.',
      references: ['API3:2023', 'ASVS-15.3.1'],
    });
  });

  it('reports to the inventory who sees which field', () => {
    const route = t.app.get(PipelinePlans).routes.find(({ id }) => id === 'AuditedController.declared')!;
    expect(t.app.get(ResponsesStage, { strict: false }).describe(route)).toEqual({
      summary: 'Returns: UserView (id, email)',
      facts: { shape: 'UserView', kind: 'objects', fields: { id: ['everybody'], email: ['owner', 'admin'] } },
      answers: ['API3:2023', 'ASVS-15.3.1'],
    });
  });
});
