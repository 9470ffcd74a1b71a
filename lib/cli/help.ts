/** What can the command do? */

export const HELP = `bulwark: what an app exposes, what is wrong with it, and whether it holds

  bulwark inventory --app <path#export> [--write <file> | --check <file> | --format <format>]
  bulwark audit     --app <path#export> [--production] [--format <format>] [--fail-on <severity>]
  bulwark posture   --app <path#export> [--output <file>]
  bulwark attack    --app <path#export> --config <file> [--only <selector>] [--format <format>]

The app is booted, never listened on, and closed again; for an attack it listens on 127.0.0.1.
NODE_ENV is "development" unless it is set.

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

attack                   every endpoint is attacked by what it declares. Data are changed and deleted:
                         never with NODE_ENV=production.
  --config <file>        its default export are the options of attack(), or a function (app) that
                         makes them
  --baseline <file>      an inventory, security.inventory.json: its claims are attacked, so that a
                         control that was removed is found
  --only <selector>      "GET /orders", "token/" or "GET /orders token/". Repeat it, or write commas.
  --seed <n>             where made-up values start from. Default 1.
  --format <format>      text, json, junit, sarif, markdown or html. Default text.

Exit codes: 0 fine, 1 findings, changes or something broken, 2 a wrong command line or file,
3 the app does not boot.
`;
