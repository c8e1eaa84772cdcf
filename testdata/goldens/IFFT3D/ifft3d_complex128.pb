
:
inputPlaceholder*
dtype0*
shape:
#
opIFFT3Dinput*
Tcomplex0