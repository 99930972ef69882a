-- Sixteen requests at a time on each connection of wrk.
local depth = 16

init = function(args)
   local one = {}
   for i = 1, depth do
      one[i] = wrk.format()
   end
   batch = table.concat(one)
end

request = function()
   return batch
end
