
>
inputPlaceholder*
dtype0*
shape:
Å
opMaxPoolWithArgmaxinput*
T0*
include_batch_in_index(*
ksize
*
paddingVALID*
strides
