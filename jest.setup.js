// JupyterLab's shared models read cells before they belong to a document, of which Yjs
// warns each time; the warnings would bury what a failing test has to say.
const warn = console.warn;
console.warn = (...args) => {
  const text = args.map(String).join(' ');
  if (!/Invalid access: Add Yjs type|Not same Y\.Doc/.test(text)) {
    warn(...args);
  }
};
