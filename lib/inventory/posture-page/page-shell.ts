/** What is around every page of this package? A document that loads nothing: style and script are its own, known by their digest. */

import { createHash } from 'node:crypto';
import { html, Html } from './html.js';

export interface PageParts {
  readonly title: string;
  /** Neither text may hold a line that starts with a space: the document's own indentation is taken away. */
  readonly style: string;
  readonly script: string;
  readonly body: Html;
}

/** CSP level 3: nothing but these two texts, byte for byte. What an attacker gets into the page neither runs nor styles. */
export function pagePolicy(style: string, script: string): string {
  return [
    "default-src 'none'",
    `style-src '${digestOf(style)}'`,
    `script-src '${digestOf(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

export function pageShell({ title, style, script, body }: PageParts): string {
  const { markup } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${pagePolicy(style, script)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex, nofollow" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${new Html(`<style>${style}</style>`)}
      </head>
      <body>
        ${body} ${new Html(`<script>${script}</script>`)}
      </body>
    </html>`;
  // Indentation is for whoever reads this file.
  return `${markup.replace(/\n +/g, '\n')}\n`;
}

function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
