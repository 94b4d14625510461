// A place on earth, and which of them geohashes can name.

export interface Point {
  readonly longitude: number
  readonly latitude: number
}

export const MAX_LONGITUDE = 180

/** Where the Mercator map ends. */
export const MAX_LATITUDE = 85.05112878

export function isOnMap({ longitude, latitude }: Point): boolean {
  return Math.abs(longitude) <= MAX_LONGITUDE && Math.abs(latitude) <= MAX_LATITUDE
}
