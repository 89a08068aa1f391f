// Why these lists: JupyterLab ships ES modules, which jest only understands once babel has
// turned them into CommonJS. Every package named here was a "Unexpected token 'export'".
const labConfig = require('@jupyterlab/testing/lib/jest-config');

const esModules = [
  '@codemirror',
  '@jupyter',
  '@jupyterlab',
  '@lezer',
  '@marijn',
  '@microsoft',
  '@rjsf',
  'color',
  'd3',
  'delaunator',
  'exenv-es6',
  'internmap',
  'lib0',
  'marked',
  'nanoid',
  'robust-predicates',
  'style-mod',
  'vscode-ws-jsonrpc',
  'y-protocols',
  'y-websocket',
  'yjs'
].join('|');

const base = labConfig(__dirname);

module.exports = {
  ...base,
  moduleFileExtensions: [
    'ts',
    'tsx',
    'js',
    'jsx',
    'json',
    'node',
    'mjs',
    'cjs'
  ],
  // jsdom would choose the browser's build, an ES module.
  moduleNameMapper: {
    ...base.moduleNameMapper,
    '^yaml$': require.resolve('yaml')
  },
  reporters: ['default'],
  setupFiles: [...base.setupFiles, '<rootDir>/jest.setup.js'],
  testPathIgnorePatterns: ['/lib/', '/node_modules/', '/.venv/'],
  modulePathIgnorePatterns: ['<rootDir>/oci_jupyter/', '<rootDir>/.venv/'],
  testRegex: 'src/(.*/)?__tests__/.*\\.spec\\.tsx?$',
  testTimeout: 15000,
  transform: {
    '\\.svg$': '@jupyterlab/testing/lib/jest-raw-loader.js',
    // `tsc` checks the types; here they are only taken out.
    '^.+\\.tsx?$': [
      'ts-jest',
      {
        diagnostics: false,
        tsconfig: {
          allowJs: false,
          allowSyntheticDefaultImports: true,
          esModuleInterop: true,
          isolatedModules: true,
          jsx: 'react',
          module: 'commonjs',
          moduleResolution: 'node',
          resolveJsonModule: true,
          skipLibCheck: true,
          target: 'ES2020'
        }
      }
    ],
    '^.+\\.m?jsx?$': 'babel-jest'
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules})).+`]
};
