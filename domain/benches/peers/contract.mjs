// Holds the bench's events against the contract's JSON Schemas by ajv, compiled, first error only.
// Arguments: folder of the corpus, seconds of CPU to warm up, seconds of CPU to measure.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const [folder, warm, measured] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];

// Not strict: `x-unit` and `x-class` are annotations, and "text or null" is one type to it.
// ajv checks no format by itself; the full ones know that February has no 30th.
const ajv = new Ajv2020({ strict: false, messages: false });
(formats.default ?? formats)(ajv, { mode: 'full' });

const { schemas, names } = JSON.parse(readFileSync(`${folder}/schemas.json`, 'utf8'));
const compiled = new Map(Object.entries(schemas).map(([name, schema]) => [name, ajv.compile(schema)]));
const validators = new Map(Object.entries(names).map(([name, canonical]) => [name, compiled.get(canonical)]));

const file = readFileSync(`${folder}/events.ndjson`);
const bodies = [];
for (let from = 0; from < file.length; ) {
  const to = file.indexOf(10, from);
  bodies.push(file.subarray(from, to));
  from = to + 1;
}
const events = bodies.map((body) => JSON.parse(body.toString()));

const check = (event) => validators.get(event.event)(event.properties ?? {});
const fromBytes = (body) => check(JSON.parse(body.toString()));

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

// Events a second of CPU, all threads of the process counted.
function rate(pass) {
  for (const began = cpu(); cpu() - began < warm; ) pass();
  const began = cpu();
  for (let passes = 1; ; passes += 1) {
    pass();
    const spent = cpu() - began;
    if (spent >= measured) return (passes * bodies.length) / spent;
  }
}

const truth = events.map((event) => (check(event) ? '1' : '0')).join('');
const count = truth.split('1').length - 1;
const passed = (valid) => {
  if (valid !== count) throw new Error(`${valid} instead of ${count} passed`);
};

// One loop each: a shared one would call through a pointer.
const parsed = rate(() => {
  let valid = 0;
  for (const event of events) if (check(event)) valid += 1;
  passed(valid);
});
const bytes = rate(() => {
  let valid = 0;
  for (const body of bodies) if (fromBytes(body)) valid += 1;
  passed(valid);
});
const { version } = createRequire(import.meta.url)('ajv/package.json');
const name = `ajv ${version}, Node ${process.versions.node}`;
const verdicts = [truth, bodies.map((body) => (fromBytes(body) ? '1' : '0')).join('')];
console.log(JSON.stringify({ name, parsed, bytes, verdicts }));
