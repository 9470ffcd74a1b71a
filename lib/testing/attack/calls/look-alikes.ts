/** Which origins look like this one and are another's? What a careless comparison would take for it. */

/** As browsers would send them. Sloppy prefixes, suffixes and patterns, another scheme or port, and nobody in particular. */
export function lookAlikes(origin: string): readonly string[] {
  const { protocol, hostname, port } = new URL(origin);
  const at = port === '' ? '' : `:${port}`;
  const other = protocol === 'https:' ? 'http:' : 'https:';
  return [
    'null',
    `${protocol}//evil.example`,
    `${other}//${hostname}${at}`,
    `${protocol}//${hostname}:${port === '8443' ? '9443' : '8443'}`,
    `${protocol}//evil.${hostname}${at}`,
    `${protocol}//evil${hostname}${at}`,
    `${protocol}//${hostname}.evil.example${at}`,
    `${protocol}//${hostname}.${at}`,
    // A dot of a pattern that nobody escaped.
    ...(/[a-z]\.[a-z]/i.test(hostname) ? [`${protocol}//${hostname.replace('.', 'x')}${at}`] : []),
  ];
}
