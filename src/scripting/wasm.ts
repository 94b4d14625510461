// The WebAssembly side of the Lua engine: what the binary exports, what it imports, and how a
// function of ours gets into its function table. setjmp and longjmp are exceptions here, as
// Emscripten builds them: longjmp throws, and whoever called through invoke_vii sees it.

import { invariant } from '../util/assert.ts'

export interface WasmTable {
  get(index: number): WasmFunction
  set(index: number, value: WasmFunction): void
}

export type WasmFunction = (...args: number[]) => number

/** A compiled binary. */
export interface WasmModule {
  readonly isWasmModule?: never
}

interface WasmApi {
  readonly Module: new (bytes: Uint8Array) => WasmModule
  readonly Instance: new (
    module: WasmModule,
    imports: Record<string, Record<string, unknown>>,
  ) => { readonly exports: unknown }
}

declare const WebAssembly: WasmApi

export interface LuaExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly __indirect_function_table: WasmTable
  __wasm_call_ctors(): void
  init(): number
  set_compat(flags: number): void
  set_limits(instructions: number, replyBytes: number, argBytes: number): void
  eval_with_args(
    result: number,
    code: number,
    codeLength: number,
    args: number,
    argsLength: number,
    keyCount: number,
  ): void
  alloc(size: number): number
  free_mem(at: number): void
  setThrew(threw: number, value: number): void
  emscripten_stack_get_current(): number
  _emscripten_stack_restore(pointer: number): void
}

export interface LuaImports {
  /** Asks for the members of the redis table; the answer's address and length go to `result`. */
  host_redis_props(result: number): void
  host_redis_pcall(result: number): void
  /** An allocation found no room. */
  exhausted(): void
}

/** All that an engine has: the binary does not let its memory grow. */
export const MEMORY_SIZE = 64 * 1024 * 1024
/** Where C keeps the end of its heap, which only ever moves up. */
export const HEAP_END = 28456
export const STACK_SIZE = 2 * 1024 * 1024

/** Lua leaves for the next protected call. */
export class LongJump {}

export function compile(bytes: Uint8Array): WasmModule {
  return new WebAssembly.Module(bytes)
}

export function instantiate(module: WasmModule, { exhausted, ...host }: LuaImports): LuaExports {
  const longJump = new LongJump()
  const invoke = (index: number, a: number, b: number): void => {
    const stack = wasm.emscripten_stack_get_current()
    try {
      wasm.__indirect_function_table.get(index)(a, b)
    } catch (error) {
      wasm._emscripten_stack_restore(stack)
      if (error !== longJump) throw error
      wasm.setThrew(1, 0)
    }
  }
  const env = {
    ...host,
    // Replaced by functions of ours before any script could call them.
    host_redis_log: unused,
    host_sha1hex: unused,
    host_redis_setresp: unused,
    host_redis_call: unused,
    invoke_vii: invoke,
    _emscripten_throw_longjmp: () => {
      throw longJump
    },
    emscripten_resize_heap: () => {
      exhausted()
      return 0
    },
    exit: abort,
    _abort_js: abort,
    __assert_fail: abort,
    // There are no files.
    __syscall_openat: () => -1,
    __syscall_fcntl64: () => -1,
    __syscall_ioctl: () => -1,
    __syscall_dup3: () => -1,
  }
  const wasi = {
    // For os.clock(): the CPU's time, in as many microseconds as C's clock_t can count here.
    clock_time_get: (_clock: number, _precision: bigint, result: number): number => {
      const { user, system } = process.cpuUsage()
      const nanoseconds = BigInt((user + system) % 2 ** 31) * 1000n
      new DataView(wasm.memory.buffer).setBigUint64(result, nanoseconds, true)
      return 0
    },
    fd_write: () => -1,
    fd_read: () => -1,
    fd_close: () => -1,
    fd_seek: () => -1,
  }
  const instance = new WebAssembly.Instance(module, { env, wasi_snapshot_preview1: wasi })
  const wasm = instance.exports as LuaExports
  wasm.__wasm_call_ctors()
  enlargeStack(wasm)
  return wasm
}

// The binary's own stack for C has 64 KB, right above its constants: nested callbacks of string.gsub
// would run over them. Lua allows 200 nested calls of C functions, which fit in here many times.
function enlargeStack(wasm: LuaExports): void {
  const bottom = wasm.alloc(STACK_SIZE)
  invariant(bottom !== 0, 'memory for the stack')
  wasm._emscripten_stack_restore((bottom + STACK_SIZE) & ~15)
}

function unused(): never {
  throw new Error('Not a function of this host')
}

/** C gave up: for want of memory outside of any protected call, or because it is damaged. */
export class LuaAborted extends Error {}

function abort(): never {
  throw new LuaAborted('Lua aborted')
}

// A function table takes only functions of WebAssembly. These two modules import one function and
// export it: (i32) -> i32 and (i32, i32) -> nothing.
const HEAD = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const TAIL = [2, 7, 1, 1, 0x65, 1, 0x66, 0, 0, 7, 5, 1, 1, 0x66, 0, 0]
const FUNCTION_TYPE = [1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f]
const HOOK_TYPE = [1, 6, 1, 0x60, 2, 0x7f, 0x7f, 0]
const wrappers = new Map<readonly number[], WasmModule>()

export function exportFunction(run: (state: number) => number): WasmFunction {
  return wrap(FUNCTION_TYPE, run)
}

export function exportHook(run: (state: number, debug: number) => void): WasmFunction {
  return wrap(HOOK_TYPE, run)
}

function wrap(type: readonly number[], f: unknown): WasmFunction {
  let module = wrappers.get(type)
  if (module === undefined) {
    module = compile(Uint8Array.from([...HEAD, ...type, ...TAIL]))
    wrappers.set(type, module)
  }
  const { exports } = new WebAssembly.Instance(module, { e: { f } })
  return (exports as { readonly f: WasmFunction }).f
}
