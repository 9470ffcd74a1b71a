/** What does this page look like, where it is not as the posture page? */

const STYLE = `
.attacked { min-width: 60rem; }
.attacked .w-place { width: 17rem; vertical-align: bottom; }
.attacked thead .group { padding: 0.375rem 0; vertical-align: bottom; text-align: center; height: 6.25rem; }
.attacked .group span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
.mark-broken { color: var(--bad); font-weight: 700; }
.list-broken { color: var(--bad); }
td.bad { color: var(--bad); font-weight: 650; }
td.firm { color: var(--good); }
.evidence { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0.125rem 0.75rem; margin: 0.375rem 0 0; padding: 0.375rem 0.625rem; background: var(--raised); border: 1px solid var(--line); border-radius: 5px; }
.evidence dt { color: var(--muted); font-size: 0.8125rem; }
.evidence dd { margin: 0; overflow-wrap: anywhere; }
.reasons > li { margin-bottom: 0.875rem; max-width: 62rem; break-inside: avoid; }
.places { color: var(--muted); padding-left: 1rem; }
@media (max-width: 48rem) { #cases .wide { overflow-x: auto; } }
@media print { .attacked { min-width: 0; } .attacked .w-place { width: 24%; } .evidence { break-inside: avoid; } }
`;

/** As with the posture page: no line starts with a space. */
export const REPORT_STYLE = STYLE.trim().replace(/\n\s+/g, '\n');
