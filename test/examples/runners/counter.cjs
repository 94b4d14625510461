// The application: counts the visits of a page, for at most an hour.

async function countVisit(redis, page) {
  const visits = await redis.incr(`visits:${page}`)
  if (visits === 1) await redis.expire(`visits:${page}`, 3600)
  return visits
}

module.exports = { countVisit }
