#pragma once

#include <string>
#include <string_view>

#include "teatime/replayer/session.h"
#include "teatime/state/bytes.h"

/// Between a WorkerSession and its teatime-worker, over a stream socket:
///
///     frame   := size:u32 bytes
///     hello   := the worker's first frame: kProtocolVersion:u32 answer(code)
///     request := op:u8 arguments; enqueue, set_bound and drop_checkpoint have no answer
///     answer  := 0:u8 position result | 1:u8 kind:u8 sentence
///
/// Answers come in the order of requests. An error of a request without answer is the answer of
/// the next one that has one; that one is not carried out.
namespace teatime::replayer {

inline constexpr std::uint32_t kProtocolVersion = 2;
inline constexpr int kWorkerSocket = 3;  ///< file descriptors of the worker
inline constexpr int kWorkerPage = 4;

enum class Op : std::uint8_t {
    start,
    restore,
    enqueue,
    set_bound,
    step,
    run,
    hash,
    image,
    take_touched,
    draw,
    input,
    checkpoint,
    restore_checkpoint,
    drop_checkpoint
};

void put(ByteWriter& out, VirtualTime time);
void put(ByteWriter& out, const Mark& mark);
void put(ByteWriter& out, const Code& code);
void put(ByteWriter& out, const Position& position);
void put(ByteWriter& out, const Error& error);
void put(ByteWriter& out, const HandlerError& error);
void put(ByteWriter& out, const ExecutedInfo& info);
void put(ByteWriter& out, const Value& value);
void put(ByteWriter& out, const ValueChange& change);
void put(ByteWriter& out, const Tally& tally);
void put(ByteWriter& out, const Input& input);
void put(ByteWriter& out, const RunLimit& limit);
void put(ByteWriter& out, const RunResult& result);
void put(ByteWriter& out, const std::vector<ExternalMessage>& messages);

VirtualTime get_time(ByteReader& in);
Mark get_mark(ByteReader& in);
Code get_code(ByteReader& in);
Position get_position(ByteReader& in);
Error get_error(ByteReader& in);
HandlerError get_handler_error(ByteReader& in);
ExecutedInfo get_executed(ByteReader& in);
Value get_value(ByteReader& in, int depth = 0);
ValueChange get_change(ByteReader& in);
Tally get_tally(ByteReader& in);
Input get_input(ByteReader& in);
RunLimit get_limit(ByteReader& in);
RunResult get_run_result(ByteReader& in);
std::vector<ExternalMessage> get_messages(ByteReader& in);

}  // namespace teatime::replayer
