// JupyterLab's shared models read cells before they belong to a document, of which Yjs
// warns each time, and jsdom has no clipboard; the warnings would bury what a failing test
// has to say.
const EXPECTED =
  /Invalid access: Add Yjs type|Not same Y\.Doc|Clipboard API not available/;

const warn = console.warn;
console.warn = (...args) => {
  const text = args.map(String).join(' ');
  if (!EXPECTED.test(text)) {
    warn(...args);
  }
};
