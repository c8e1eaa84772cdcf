
>
inputPlaceholder*
dtype0*
shape:
€
opMaxPoolWithArgmaxinput*
T0*
include_batch_in_index(*
ksize
*
paddingSAME*
strides
