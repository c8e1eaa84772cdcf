
6
inputPlaceholder*
dtype0*
shape
:
W
opAudioSpectrograminput*
magnitude_squared(*
stride*
window_size