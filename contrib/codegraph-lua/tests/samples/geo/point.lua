local M = {}

--- A point.
function M.new(fields)
  return setmetatable(fields or {}, { __index = M })
end

return M
