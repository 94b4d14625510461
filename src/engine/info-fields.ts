/** Lines of INFO: names with values, in order. */
export type InfoFields = readonly (readonly [name: string, value: string | number])[]
