// The same names as in CommonJS.
export * from "./index.js";
