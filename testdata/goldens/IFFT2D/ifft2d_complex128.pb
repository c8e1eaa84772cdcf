
6
inputPlaceholder*
dtype0*
shape
:
#
opIFFT2Dinput*
Tcomplex0