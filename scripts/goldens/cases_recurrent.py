"""Cases of recurrent cells, and of an LSTM over a sequence."""

import numpy as np
from case import case, const, feed, normal, uniform

INPUTS, STATE, BATCH, STEPS = 3, 4, 2, 5


def cell(t="float", steps=None, batch=BATCH):
    """The inputs of a cell, or of a sequence: data and state are fed, weights are constants."""
    x = (batch, INPUTS) if steps is None else (steps, batch, INPUTS)
    return [feed(t, normal(*x)), feed(t, normal(batch, STATE, scale=2)), feed(t, normal(batch, STATE)), const(t, normal(INPUTS + STATE, 4 * STATE)),
            const(t, normal(STATE)), const(t, normal(STATE)), const(t, normal(STATE)), const(t, normal(4 * STATE))]


for t in ["float", "half"]:
    case("LSTMBlockCell", f"lstmblockcell_{t}", *cell(t))
    for op in ["BlockLSTM", "BlockLSTMV2"]:
        case(op, f"{op.lower()}_{t}", const("int64", STEPS), *cell(t, STEPS))
case("LSTMBlockCell", "lstmblockcell_peephole", *cell(), use_peephole=True, forget_bias=0.5, cell_clip=0.4)
case("LSTMBlockCell", "lstmblockcell_free", *cell(), forget_bias=0.0, cell_clip=-1.0)
for op in ["BlockLSTM", "BlockLSTMV2"]:
    n = op.lower()
    case(op, f"{n}_peephole", const("int64", STEPS), *cell(steps=STEPS), use_peephole=True, cell_clip=0.7)
    # The other outputs of steps from seq_len_max on are what was in memory.
    case(op, f"{n}_short", const("int64", 3), *cell(steps=STEPS), outputs=[1, 6])
    case(op, f"{n}_fed", feed("int64", STEPS), *cell(steps=STEPS))
    case(op, f"{n}_one", const("int64", 1), *cell(steps=1, batch=1))
case("BlockLSTM", "blocklstm_forget", const("int64", STEPS), *cell(steps=STEPS), forget_bias=2.5)
case("BlockLSTM", "blocklstm_state", const("int64", STEPS), *[cell(steps=STEPS)[0], feed("float", normal(1, STATE)), *cell(steps=STEPS)[2:]], error=True)
case("LSTMBlockCell", "lstmblockcell_bias", *cell()[:-1], const("float", normal(STATE)), error=True)
GRU = [feed("float", normal(BATCH, INPUTS)), feed("float", normal(BATCH, STATE)), const("float", normal(INPUTS + STATE, 2 * STATE)), const("float", normal(INPUTS + STATE, STATE)), const("float", normal(2 * STATE)), const("float", normal(STATE))]
case("GRUBlockCell", "grublockcell_float", *GRU)
case("GRUBlockCell", "grublockcell_one", feed("float", normal(1, INPUTS)), feed("float", normal(1, STATE)), *GRU[2:])
case("GRUBlockCell", "grublockcell_state", GRU[0], feed("float", normal(3, STATE)), *GRU[2:], error=True)

# Decoders
for t in ["float", "double"]:
    case("CTCGreedyDecoder", f"ctcgreedydecoder_{t}{'_steps' * (t == 'float')}", feed(t, normal(9, 3, 4)), feed("int32", [9, 5, 0]))
case("CTCGreedyDecoder", "ctcgreedydecoder_merged", feed("float", np.eye(3)[[0, 0, 1, 1, 2, 1, 1, 0, 0]][:, None]), const("int32", [9]), merge_repeated=True)
case("CTCGreedyDecoder", "ctcgreedydecoder_blank", feed("float", normal(9, 2, 4)), feed("int32", [9, 7]), blank_index=1)
case("CTCGreedyDecoder", "ctcgreedydecoder_blanks", feed("float", np.tile([0, 0, 1], (4, 2, 1))), feed("int32", [4, 4]))
case("CTCGreedyDecoder", "ctcgreedydecoder_long", feed("float", normal(9, 2, 4)), const("int32", [9, 10]), error=True)
case("CTCGreedyDecoder", "ctcgreedydecoder_lengths", feed("float", normal(9, 2, 4)), const("int32", [9, 8, 7]), error=True)
