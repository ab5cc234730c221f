extension RedisScript {
    /// The part of a list that a walk comes to, without the messages that do not contain a text.
    ///
    /// - Keys: the list. Arguments: first and last index; the text.
    /// - Returns: how many were looked at; then of each that contains it the delivery tags of the ones before and behind it in the list, or nothing, and itself.
    static let search = RedisScript(
        name: "search",
        source: """
            local first, last = tonumber(ARGV[1]), tonumber(ARGV[2])
            local extra = first > 0 and 1 or 0
            local found = redis.call('LRANGE', KEYS[1], first - extra, last + 1)
            local count = math.min(#found - extra, last - first + 1)
            local function tag(message)
              local _, stop = string.find(message or '', '"delivery_tag": "', 1, true)
              return stop and string.match(message, '^[^"]*', stop + 1) or ''
            end
            local reply = {math.max(0, count)}
            for position = 1 + extra, count + extra do
              if string.find(found[position], ARGV[3], 1, true) then
                reply[#reply + 1] = tag(found[position - 1])
                reply[#reply + 1] = tag(found[position + 1])
                reply[#reply + 1] = found[position]
              end
            end
            return reply
            """)

    /// Takes those messages out of a list that are served next, as long as each is one of those that are meant.
    ///
    /// - Keys: the list. Arguments: the messages that are meant.
    /// - Returns: the numbers of those taken out, from 1.
    static let removeFront = RedisScript(
        name: "removeFront",
        source: """
            local number = {}
            for position = 1, #ARGV do number[ARGV[position]] = position end
            local front = redis.call('LRANGE', KEYS[1], -#ARGV, -1)
            local taken = {}
            for position = #front, 1, -1 do
              if not number[front[position]] then break end
              taken[#taken + 1] = number[front[position]]
            end
            if #taken > 0 then redis.call('LTRIM', KEYS[1], 0, -#taken - 1) end
            return taken
            """)

    /// Takes messages out of a list, wherever they stand. The server walks through the list once for each.
    ///
    /// - Keys: the list. Arguments: the messages.
    /// - Returns: the numbers of those taken out, from 1.
    static let removeEach = RedisScript(
        name: "removeEach",
        source: """
            local taken = {}
            for position = 1, #ARGV do
              if redis.call('LREM', KEYS[1], -1, ARGV[position]) == 1 then taken[#taken + 1] = position end
            end
            return taken
            """)

    /// One step of a walk through a long list, from the message that is served last to the one that is served first, which leaves out those that are meant.
    /// What is kept goes into an empty list of the same queue with a lower priority, which is served after this one: whoever serves the queue meanwhile finds
    /// all messages, in their order, and so does whoever comes after a crash. The last step puts that list in this one's place.
    ///
    /// - Keys: the list, the list of lower priority. Arguments: how many to look at; the message that the step before came to, or nothing; `1` when more are
    ///   meant than those that follow, so that the step ends with the last of them; those that are meant.
    /// - Returns: the message that the next step begins with, or nothing when this was the last one; then the numbers of those left out, from 1.
    static let removeStep = RedisScript(
        name: "removeStep",
        source: """
            local number, reply = {}, {''}
            for position = 4, #ARGV do number[ARGV[position]] = position - 3 end
            local above = 0
            if ARGV[2] == '' then
              if redis.call('EXISTS', KEYS[2]) == 1 then return redis.error_reply('messages of another priority came in meanwhile: try again') end
            else
              -- What came in since stands in front. Once it is found no more, it was served, and so was all behind it.
              above = redis.call('LPOS', KEYS[1], ARGV[2]) or redis.call('LLEN', KEYS[1])
            end
            local new = above > 0 and redis.call('LRANGE', KEYS[1], 0, above - 1) or {}
            local part = redis.call('LRANGE', KEYS[1], above, above + tonumber(ARGV[1]) - 1)
            local kept, passed, left = {}, 0, ARGV[3] == '1' and #ARGV - 3 or #part + 1
            while passed < #part and left > 0 do
              passed = passed + 1
              local message = part[passed]
              if number[message] then
                reply[#reply + 1] = number[message]
                number[message] = nil
                left = left - 1
              else
                kept[#kept + 1] = message
              end
            end
            redis.call('LTRIM', KEYS[1], above + passed, -1)
            if #kept > 0 then redis.call('RPUSH', KEYS[2], unpack(kept)) end
            local following = redis.call('LINDEX', KEYS[1], 0)
            if following then
              reply[1] = following
            elseif redis.call('EXISTS', KEYS[2]) == 1 then
              redis.call('RENAME', KEYS[2], KEYS[1])
            end
            for position = #new, 1, -1 do redis.call('LPUSH', KEYS[1], new[position]) end
            return reply
            """)

    /// Puts messages back into a list, each where it stood: before the one that was served right after it; those that nobody came after, behind the one that
    /// was served right before them. Those whose neighbours are gone come to the front. The whole list passes from its end to its beginning, in order; nobody else is served meanwhile.
    ///
    /// - Keys: the list. Arguments: of each message the tags of the one served after it, of the one served before it, its own, and itself; the one served
    ///   first in front.
    static let weave = RedisScript(
        name: "weave",
        source: """
            local before = {}
            for position = 1, #ARGV, 4 do
              if ARGV[position] ~= '' then before[ARGV[position]] = position end
            end
            local done = {}
            -- Those that lead up to a message, the first of them in front.
            local function chain(tag)
              local links, position = {}, before[tag]
              while position and not done[position] do
                links[#links + 1] = position
                done[position] = true
                position = before[ARGV[position + 2]]
              end
              local out = {}
              for link = #links, 1, -1 do out[#out + 1] = links[link] end
              return out
            end
            local behind = {}
            for position = 1, #ARGV, 4 do
              if ARGV[position] == '' and not done[position] then
                local links = chain(ARGV[position + 2])
                links[#links + 1] = position
                done[position] = true
                local leader = ARGV[links[1] + 1]
                if leader == '' then
                  for _, link in ipairs(links) do done[link] = nil end
                else
                  behind[leader] = links
                end
              end
            end
            local function push(links)
              for _, link in ipairs(links) do redis.call('LPUSH', KEYS[1], ARGV[link + 3]) end
            end
            local left = redis.call('LLEN', KEYS[1])
            while left > 0 do
              local count = math.min(left, 500)
              local part = redis.call('LRANGE', KEYS[1], -count, -1)
              redis.call('LTRIM', KEYS[1], 0, -count - 1)
              local run = {}
              for position = count, 1, -1 do
                local _, stop = string.find(part[position], '"delivery_tag": "', 1, true)
                local tag = stop and string.match(part[position], '^[^"]*', stop + 1)
                if tag and (before[tag] or behind[tag]) then
                  if #run > 0 then redis.call('LPUSH', KEYS[1], unpack(run)) end
                  run = {}
                  push(chain(tag))
                  redis.call('LPUSH', KEYS[1], part[position])
                  if behind[tag] then push(behind[tag]) end
                  behind[tag] = nil
                else
                  run[#run + 1] = part[position]
                end
              end
              if #run > 0 then redis.call('LPUSH', KEYS[1], unpack(run)) end
              left = left - count
            end
            for _, links in pairs(behind) do
              for _, link in ipairs(links) do done[link] = nil end
            end
            for position = #ARGV - 3, 1, -4 do
              if not done[position] then redis.call('RPUSH', KEYS[1], ARGV[position + 3]) end
            end
            return 0
            """)

    /// Puts a message in the place of another one that is still there.
    ///
    /// - Keys: the list of the old one, and that of the new one. Arguments: the old one, the new one.
    /// - Returns: 1 when it did.
    static let replace = RedisScript(
        name: "replace",
        source: """
            if KEYS[1] == KEYS[2] then
              if redis.call('LINSERT', KEYS[1], 'BEFORE', ARGV[1], ARGV[2]) <= 0 then return 0 end
              redis.call('LREM', KEYS[1], 1, ARGV[1])
              return 1
            end
            if redis.call('LREM', KEYS[1], -1, ARGV[1]) == 0 then return 0 end
            redis.call('LPUSH', KEYS[2], ARGV[2])
            return 1
            """)
}
