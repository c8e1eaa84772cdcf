
>
inputPlaceholder*
dtype0*
shape:

opLRNinput*
T0