/** What can the command do? */

export const HELP = `bulwark: what an app exposes, and what is wrong with it

  bulwark inventory --app <path#export> [--write <file> | --check <file> | --format <format>]
  bulwark audit     --app <path#export> [--production] [--format <format>] [--fail-on <severity>]
  bulwark posture   --app <path#export> [--output <file>]

The app is booted, never listened on, and closed again. NODE_ENV is "development" unless it is set.

  --app <path#export>    a compiled file: a module class, or a function that makes the app
                         (default export, else AppModule). Only a function knows what main.ts
                         does: prefix, versioning, secureApp().
  --platform <platform>  express or fastify, for a module class. Default: what is installed.
  --boot-timeout <s>     seconds that the app may take to start. Default 60.
  --output <file>        write there instead of to standard output

inventory
  --write <file>         keep the inventory in a file, to be committed
  --check <file>         compare with that file: any difference fails, and what may open
                         something stands first
  --format <format>      json or markdown. Default markdown.

audit
  --production           judge by the rules of production what was booted as development
  --format <format>      text, json or sarif. Default text.
  --fail-on <severity>   error or warning. Default error.

posture                  one page of HTML that shows how the app stands, with nothing to load

Exit codes: 0 fine, 1 findings or changes, 2 a wrong command line or file,
3 the app does not boot.
`;
