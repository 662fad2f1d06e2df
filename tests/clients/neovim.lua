-- A session of real Neovim (0.7 and later), without anybody at the keyboard: opens a file, waits for what iamlint says,
-- hovers, applies the fixes that need no decision, writes the file, and tells what it saw in JSON. ON_SAVE may name a
-- script that has the fixes applied when the file is written.
--
--   IAMLINT=target/debug/iamlint FILE=main.tf WORD=sqs OUT=seen.json nvim --headless --clean -S tests/clients/neovim.lua
local file, word, out = vim.env.FILE, vim.env.WORD, vim.env.OUT
local seen = {}

local function finish()
  local handle = assert(io.open(out, 'w'))
  handle:write(vim.fn.json_encode(seen))
  handle:close()
  vim.cmd('qall!')
end

local function diagnostics()
  local all = {}
  for _, it in ipairs(vim.diagnostic.get(0)) do
    local line = vim.api.nvim_buf_get_lines(0, it.lnum, it.lnum + 1, true)[1]
    table.insert(all, { code = it.code, text = line:sub(it.col + 1, it.end_col), line = it.lnum + 1 })
  end
  return all
end

local function session()
  vim.cmd('edit ' .. vim.fn.fnameescape(file))
  local id = vim.lsp.start_client({ name = 'iamlint', cmd = { vim.env.IAMLINT, 'lsp' }, root_dir = vim.fn.getcwd() })
  assert(vim.lsp.buf_attach_client(0, id), 'the buffer is attached')
  assert(vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end, 20), 'no diagnostics came')
  seen.diagnostics = diagnostics()

  vim.fn.search(word)
  local hover = vim.lsp.buf_request_sync(0, 'textDocument/hover', vim.lsp.util.make_position_params(0, 'utf-16'), 10000)
  seen.hover = hover[id].result.contents.value

  if vim.env.ON_SAVE then
    dofile(vim.env.ON_SAVE)
  else
    local params = vim.lsp.util.make_range_params(0, 'utf-16')
    params.context = { diagnostics = {}, only = { 'source.fixAll' } }
    local answer = vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, 10000)
    seen.actions = {}
    for _, action in ipairs(answer[id].result or {}) do
      table.insert(seen.actions, action.title)
      vim.lsp.util.apply_workspace_edit(action.edit, 'utf-16')
    end
  end
  vim.cmd('write')
  vim.wait(20000, function() return #vim.diagnostic.get(0) < #seen.diagnostics end, 20)
  seen.left = diagnostics()
end

local ok, problem = pcall(session)
if not ok then
  seen.problem = tostring(problem)
end
finish()
