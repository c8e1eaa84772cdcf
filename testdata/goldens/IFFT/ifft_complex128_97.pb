
6
inputPlaceholder*
dtype0*
shape
:a
!
opIFFTinput*
Tcomplex0