// Evaluates JSONata for the tests with the reference implementation: one request and one answer a line, as JSON.
const readline = require('node:readline');
const jsonata = require('jsonata');
const { version } = require('jsonata/package.json');

async function evaluated({ expression, bindings, seconds }) {
  const made = jsonata(expression);
  // Step Functions has functions of its own; the machines use this one.
  made.registerFunction('uuid', () => crypto.randomUUID(), '<:s>');
  const end = Date.now() + 1000 * seconds;
  let depth = 0;
  let deepest = 0;
  made.assign(Symbol.for('jsonata.__evaluate_entry'), () => {
    depth += 1;
    deepest = Math.max(deepest, depth);
    if (Date.now() > end) throw { code: 'TIME', message: 'the evaluation takes too long' };
  });
  made.assign(Symbol.for('jsonata.__evaluate_exit'), () => { depth -= 1; });
  try {
    const value = await made.evaluate(undefined, bindings);
    if (value === undefined) return { defined: false, deepest };
    return { defined: true, value, deepest };
  } catch (error) {
    return { error: String(error.code), message: String(error.message), deepest };
  }
}

function read({ expression }) {
  try {
    return { tree: jsonata(expression).ast() };
  } catch (error) {
    return { error: String(error.code), message: String(error.message) };
  }
}

// A regular expression has no JSON of its own.
function shown(name, value) {
  return value instanceof RegExp ? { source: value.source, flags: value.flags } : value;
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    let answer;
    try {
      if (!('expression' in asked)) answer = { version };
      else answer = 'bindings' in asked ? await evaluated(asked) : read(asked);
    } catch (error) {
      answer = { error: String(error.code), message: String(error.message) };
    }
    process.stdout.write(`${JSON.stringify(answer, shown)}\n`);
  }
}

main();
