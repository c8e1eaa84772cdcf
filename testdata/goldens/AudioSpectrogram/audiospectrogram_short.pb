
6
inputPlaceholder*
dtype0*
shape
:2
>
opAudioSpectrograminput*
stride*
window_size@