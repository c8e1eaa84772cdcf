
>
inputPlaceholder*
dtype0*
shape:
"
opFFT3Dinput*
Tcomplex0