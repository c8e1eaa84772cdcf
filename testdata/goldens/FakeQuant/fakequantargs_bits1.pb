
3
inputsPlaceholder*
dtype0*
shape:
5
opFakeQuantWithMinMaxArgsinputs*
num_bits