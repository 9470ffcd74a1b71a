/** The page that shows the OpenAPI document: the document is in it, so that one guarded answer is all there is. */

/** Run by the page. A script of its own, because the page's policy allows none inside of it. */
export const START_SCRIPT = `SwaggerUIBundle({
  dom_id: '#docs',
  spec: JSON.parse(document.getElementById('document').textContent),
});
`;

export function docsPage(document: object): string {
  // Nothing in the document can end the element that holds it.
  const json = JSON.stringify(document).replaceAll('<', String.raw`\u003c`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Shop: API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<div id="docs"></div>
<script type="application/json" id="document">${json}</script>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/start.js"></script>
</html>
`;
}
