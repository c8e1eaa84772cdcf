
6
inputPlaceholder*
dtype0*
shape
:
!
opIFFTinput*
Tcomplex0