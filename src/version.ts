/**
 * The front end's version, told to the server in `hello`.
 *
 * Written out because `rootDir` keeps `package.json` out of the compiled tree; a test
 * holds the two together.
 */
export const VERSION = '0.1.0';
