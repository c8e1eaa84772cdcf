
:
inputPlaceholder*
dtype0*
shape:
"
opFFT2Dinput*
Tcomplex0